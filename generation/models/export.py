"""Write a model in the other weights format: `flax_model.msgpack` as published, or `model.safetensors`; or smaller."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from generation.errors import GenerationError, ModelFileError
from generation.files.allowed import check_file
from generation.files.eight_bits import in_eight_bits
from generation.files.staging import staged_folder
from generation.files.weights import (
    MSGPACK_NAME,
    SAFETENSORS_NAME,
    read_weights,
    write_msgpack,
    write_safetensors,
)
from generation.models.bundle import bundle_files, seal_bundle
from generation.models.kinds import Kind, kind_of
from generation.models.manifest import MANIFEST_NAME, Manifest

_WRITERS: dict[str, tuple[str, Callable[..., None]]] = {
    "msgpack": (MSGPACK_NAME, write_msgpack),
    "safetensors": (SAFETENSORS_NAME, write_safetensors),
}


def export_model(folder: Path, weights_format: str, to: Path, *, bits: int | None = None) -> Path:
    """Copy a bundle, or the folder of one network, to `to` with its weights in `weights_format`; types are kept.

    `weights_format` is "safetensors" or "msgpack". With `bits` 8, the matrices of DALL-E Mini are stored as int8 with
    scales, which only safetensors hold; VQGAN and CLIP stay as they are. A bundle's manifest gets the new hashes and
    names the old revision as its parent. Returns `to`. Raises ModelFileError for what cannot be read, GenerationError
    where `to` exists or where `bits` cannot be had.
    """
    if weights_format not in _WRITERS:
        raise GenerationError(f"Weights cannot be written as {weights_format!r}; choose {' or '.join(_WRITERS)}.")
    if to.exists():
        raise GenerationError(f"{to}: exists already; name a folder that does not.")
    paths = bundle_files(folder)
    if not any(path.endswith((MSGPACK_NAME, SAFETENSORS_NAME)) for path in paths):
        raise ModelFileError(f"{folder}: holds no weights to export ({MSGPACK_NAME} or {SAFETENSORS_NAME}).")
    if bits is not None:
        _refuse_bits(folder, weights_format, bits)
    for path in paths:
        check_file(folder, path)
    with staged_folder(to) as staging:
        for path in paths:
            smaller = bits is not None and path in (MSGPACK_NAME, SAFETENSORS_NAME)
            _convert(folder / path, staging / path, weights_format, in_eight_bits if smaller else None)
        if (folder / MANIFEST_NAME).exists():
            manifest = Manifest.read(folder / MANIFEST_NAME)
            seal_bundle(staging, replace(manifest, parent=f"{manifest.name} {manifest.revision}"))
    return to


def _refuse_bits(folder: Path, weights_format: str, bits: int) -> None:
    if bits != 8:
        raise GenerationError(f"Weights cannot be stored in {bits} bits; choose 8, or none to keep their types.")
    if weights_format != "safetensors":
        raise GenerationError(f"{weights_format} holds no weights of 8 bits; choose safetensors.")
    kind = kind_of(folder)
    if kind not in (Kind.BUNDLE, Kind.DALLE):
        raise GenerationError(f"{folder}: is of the kind {kind}; only a DALL-E Mini is stored in 8 bits.")


def _convert(source: Path, target: Path, weights_format: str, change: Callable[..., dict[str, Any]] | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    name, write = _WRITERS[weights_format]
    is_as_wanted = source.name == name and change is None
    if source.name not in (MSGPACK_NAME, SAFETENSORS_NAME) or is_as_wanted:
        shutil.copyfile(source, target)
        return
    weights: dict[str, Any] = read_weights(source)
    write(target.with_name(name), change(weights) if change else weights)
