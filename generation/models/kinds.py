"""What a folder holds: a bundle, or one bare network."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from generation.dalle.config import read_json_object
from generation.models.manifest import MANIFEST_NAME


class Kind(StrEnum):
    """What a folder holds."""

    BUNDLE = "bundle"
    DALLE = "DalleBart"
    VQGAN = "VQGAN"
    CLIP = "CLIP"
    TOKENIZER = "tokenizer"
    UNKNOWN = "unknown"


def kind_of(folder: Path) -> Kind:
    """Tell by the configuration what a folder holds. Raises ModelFileError where that cannot be read."""
    if (folder / MANIFEST_NAME).exists() or (folder / "vqgan" / "config.json").exists():
        return Kind.BUNDLE
    if not (folder / "config.json").exists():
        has_tokenizer = (folder / "tokenizer.json").exists() or (folder / "vocab.json").exists()
        return Kind.TOKENIZER if has_tokenizer else Kind.UNKNOWN
    fields = read_json_object(folder / "config.json").keys()
    for kind, telling in (
        (Kind.DALLE, {"encoder_layers", "image_vocab_size"}),
        (Kind.VQGAN, {"n_embed", "ch_mult"}),
        (Kind.CLIP, {"text_config", "vision_config"}),
    ):
        if telling <= fields:
            return kind
    return Kind.UNKNOWN
