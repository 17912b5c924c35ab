"""A model bundle: one folder, checked before anything in it is believed, that the engine can draw from.

    config.json, model.safetensors | flax_model.msgpack, tokenizer.json (or vocab.json and merges.txt)
    vqgan/config.json, vqgan/<weights>
    clip/...      optional, reranks the candidates
    model.toml    name, licence, sources, sampling defaults, SHA-256 of each file

Opening reads names, sizes, headers and configurations, not the numbers; `verify` also reads every number once.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path

from generation.dalle.config import DalleConfig
from generation.errors import ModelFileError
from generation.files.allowed import LARGEST, NETWORK_FOLDERS, check_file, sha256_of
from generation.files.tokenizer_files import check_tokenizer
from generation.files.weights import MSGPACK_NAME, SAFETENSORS_NAME, read_header, weights_file
from generation.models.manifest import MANIFEST_NAME, Manifest
from generation.vqgan.config import VqganConfig

# doodle's 42 MB are hashed in 30 to 80 ms; mega's 10 GB take half a minute, so they are hashed when they arrive and
# when asked for, not each time they are opened.
HASHED_AT_EACH_OPENING = 256 << 20


@dataclass(frozen=True)
class ModelBundle:
    """A bundle whose files were checked. `picture_size` is the side of its square pictures in pixels."""

    folder: Path
    manifest: Manifest
    picture_size: int

    @property
    def name(self) -> str:
        """The name under which it is listed."""
        return self.manifest.name

    @property
    def revision(self) -> str:
        """One SHA-256 over all its files: equal revisions draw equal pictures."""
        return self.manifest.revision

    @property
    def vqgan_folder(self) -> Path:
        """The VQGAN that turns its codes into pixels."""
        return self.folder / "vqgan"

    @property
    def clip_folder(self) -> Path | None:
        """The CLIP that reranks its candidates, if it has one."""
        return self.folder / "clip" if "clip/config.json" in self.manifest.files else None

    @property
    def size_in_bytes(self) -> int:
        """What its files take on disk."""
        return sum((self.folder / path).stat().st_size for path in self.manifest.files)

    @classmethod
    def open(cls, folder: Path) -> ModelBundle:
        """Check a bundle's folder and describe it.

        Raises ModelFileError, naming the file and the field, where something is missing, damaged, of another kind than
        its name says, larger than it can be, outside of the folder, or at odds with another file.
        """
        manifest = Manifest.read(folder / MANIFEST_NAME)
        _refuse_unlisted(folder, manifest)
        for path in manifest.files:
            check_file(folder, path)
        bundle = cls(folder, manifest, picture_size=_picture_size(folder))
        if bundle.size_in_bytes <= HASHED_AT_EACH_OPENING:
            bundle.verify_hashes()
        return bundle

    def verify_hashes(self) -> None:
        """Compare each file with its SHA-256 in `model.toml`. Raises ModelFileError naming the first that differs."""
        for path, expected in self.manifest.files.items():
            if sha256_of(self.folder / path) != expected:
                raise ModelFileError(
                    f"{self.folder / path}: is not the file that {MANIFEST_NAME} names (SHA-256 differs); "
                    "fetch or copy the model again."
                )

    def verify(self) -> None:
        """Check all hashes, and load each network once: every array there, of its shape, and finite.

        Raises ModelFileError.
        """
        self.verify_hashes()
        load_networks(self.folder)


def bundle_files(folder: Path) -> list[str]:
    """The files in `folder` that a bundle of it would hold, as sorted paths inside of it; all others are left alone."""
    found = []
    for part in NETWORK_FOLDERS:
        names = {name for name in LARGEST if os.path.lexists(folder / part / name)}
        if SAFETENSORS_NAME in names:
            names.discard(MSGPACK_NAME)  # only one of the two is ever read, as in weights_file
        found += [f"{part}/{name}".removeprefix("/") for name in names]
    return sorted(found)


def seal_bundle(folder: Path, manifest: Manifest) -> ModelBundle:
    """Hash the files in `folder`, write them with `manifest` to its `model.toml`, and open what has become a bundle.

    What `manifest.files` says is replaced. Raises ModelFileError.
    """
    paths = bundle_files(folder)
    for path in paths:
        check_file(folder, path)
    sealed = replace(manifest, files={path: sha256_of(folder / path) for path in paths})
    (folder / MANIFEST_NAME).write_text(sealed.to_toml(), encoding="utf-8")
    return ModelBundle.open(folder)


def load_networks(folder: Path) -> None:
    """Load DALL-E Mini, VQGAN and CLIP of a bundle's folder, one after the other, and drop them again.

    Raises ModelFileError where weights and configuration disagree or a number is not finite.
    """
    from generation.dalle.params import load_dalle
    from generation.vqgan.params import load_vqgan

    load_dalle(folder)
    load_vqgan(folder / "vqgan")
    if (folder / "clip" / "config.json").exists():
        from generation.clip.scoring import ClipScorer

        ClipScorer.load(folder / "clip")  # with its tokenizer, without which it can rank nothing


def _refuse_unlisted(folder: Path, manifest: Manifest) -> None:
    """What would be read must be hashed: a second weights file beside the listed one must not slip in."""
    for path in bundle_files(folder):
        if path not in manifest.files:
            raise ModelFileError(
                f"{folder / path}: is not listed in {MANIFEST_NAME}; remove it, or add the model anew."
            )


def _picture_size(folder: Path) -> int:
    """Check the networks' configurations, headers and tokenizer against each other; the side of a picture in pixels."""
    dalle = DalleConfig.from_file(folder / "config.json")
    vqgan = VqganConfig.from_file(folder / "vqgan" / "config.json")
    check_tokenizer(folder, dalle.encoder_vocab_size)
    for part in (folder, folder / "vqgan"):
        read_header(weights_file(part))
    if vqgan.n_embed > dalle.image_vocab_size:
        raise ModelFileError(
            f"{folder / 'vqgan/config.json'}: n_embed is {vqgan.n_embed}, but {folder / 'config.json'} has an "
            f"image_vocab_size of only {dalle.image_vocab_size}; this VQGAN belongs to another model."
        )
    side = math.isqrt(dalle.image_length)
    if side * side != dalle.image_length:
        raise ModelFileError(
            f"{folder / 'config.json'}: image_length is {dalle.image_length}, which is no square of codes."
        )
    return side * vqgan.reduction
