"""Weight files: `flax_model.msgpack` as published, and `model.safetensors`, as flat `{"a/b/c": array}`.

A file is read in two passes. The first walks its structure, seeking over the numbers, so that names, shapes, types
and sizes are checked before any memory is taken. The second streams one array at a time: the peak is what the caller
keeps plus the largest array. Matrices that a safetensors file stores in 8 bits are float32 to every reader.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from generation.errors import ModelFileError
from generation.files.eight_bits import SCALE_SUFFIX, join_scales, restored
from generation.files.leaf import Array, Leaf, bytes_of, empty
from generation.files.msgpack_weights import read_msgpack_header, write_msgpack
from generation.files.safetensors_weights import read_safetensors_header, write_safetensors

__all__ = [
    "MSGPACK_NAME",
    "SAFETENSORS_NAME",
    "Leaf",
    "read_header",
    "read_weights",
    "stream_weights",
    "weights_file",
    "write_msgpack",
    "write_safetensors",
]

MSGPACK_NAME = "flax_model.msgpack"
SAFETENSORS_NAME = "model.safetensors"


def weights_file(folder: Path) -> Path:
    """The weights of a model folder: `model.safetensors` if there, else `flax_model.msgpack`.

    Raises ModelFileError if neither is there.
    """
    for name in (SAFETENSORS_NAME, MSGPACK_NAME):
        if (folder / name).is_file():
            return folder / name
    raise ModelFileError(
        f"{folder}: no weights; a model folder holds {SAFETENSORS_NAME} or {MSGPACK_NAME}. Fetch or copy it there."
    )


def read_header(path: Path) -> dict[str, Leaf]:
    """Name, shape, type and place of every array in the file; reads no numbers. Raises ModelFileError."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if path.suffix == ".safetensors":
                return join_scales(path, read_safetensors_header(path, file, size))
            return read_msgpack_header(path, file, size)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error


def stream_weights(path: Path, header: Mapping[str, Leaf] | None = None) -> Iterator[tuple[str, Array]]:
    """Yield (name, array) one at a time, in file order; every floating array is checked to be finite.

    Raises ModelFileError where the file is damaged, ends early, or holds NaN or infinity.
    """
    header = read_header(path) if header is None else header
    try:
        with path.open("rb", buffering=0) as file:
            for name, leaf in header.items():
                yield name, _read_leaf(path, file, name, leaf)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error


def read_weights(path: Path) -> dict[str, Array]:
    """All arrays of the file at once, as flat `{"a/b/c": array}`. Raises ModelFileError."""
    return dict(stream_weights(path))


def _read_leaf(path: Path, file: Any, name: str, leaf: Leaf) -> Array:
    if leaf.scale is None:
        array = _read_stored(path, file, name, leaf, leaf.dtype)
    else:
        scale = _read_leaf(path, file, name + SCALE_SUFFIX, leaf.scale)
        array = restored(path, name, _read_stored(path, file, name, leaf, np.dtype(np.int8)), scale)
    _refuse_non_finite(path, name, array)
    return array


def _read_stored(path: Path, file: Any, name: str, leaf: Leaf, dtype: np.dtype[Any]) -> Array:
    array = empty(leaf.shape, dtype)
    target = bytes_of(array)
    filled = 0
    for offset, length in leaf.pieces:
        file.seek(offset)
        end = filled + length
        while filled < end:
            count = file.readinto(target[filled:end])
            if not count:
                raise ModelFileError(f"{path}: ends in the middle of {name}; copy or fetch the file again.")
            filled += count
    return array


def _refuse_non_finite(path: Path, name: str, array: Array) -> None:
    if array.size == 0 or array.dtype.kind == "i":
        return
    with np.errstate(invalid="ignore"):
        # The smallest and the largest together show NaN and both infinities, without an array of flags.
        finite = math.isfinite(float(array.min())) and math.isfinite(float(array.max()))
    if not finite:
        raise ModelFileError(f"{path}: {name} holds NaN or infinity; the file is damaged or its training diverged.")
