"""The configuration of a CLIP, read from the published `config.json`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.dalle.config import read_json_object
from generation.errors import ModelFileError

# Far above the largest published CLIP, so that a hostile file is refused before memory is taken.
_MOST_LAYERS = 256
_LARGEST_SIZE = 1 << 20
_ACTIVATIONS = ("quick_gelu", "gelu")

# What `config.json` leaves out has the values of openai/clip-vit-base-patch32.
_TOWER_DEFAULTS = {
    "text_config": {
        "hidden_size": 512,
        "intermediate_size": 2048,
        "num_hidden_layers": 12,
        "num_attention_heads": 8,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5,
        "vocab_size": 49408,
        "max_position_embeddings": 77,
    },
    "vision_config": {
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5,
        "image_size": 224,
        "patch_size": 32,
    },
}
_PROJECTION_DEFAULT = 512


@dataclass(frozen=True)
class TowerConfig:
    """The shape of one transformer."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    hidden_act: str
    layer_norm_eps: float


@dataclass(frozen=True)
class ClipConfig:
    """A CLIP's shape. Names follow `config.json`; `image_size` and `patch_size` are pixels along a side."""

    text: TowerConfig
    vision: TowerConfig
    vocab_size: int
    max_position_embeddings: int
    image_size: int
    patch_size: int
    projection_dim: int

    @classmethod
    def from_file(cls, path: Path) -> ClipConfig:
        """Read a `config.json`. Raises ModelFileError that names the file and the field."""
        return cls.from_dict(read_json_object(path), where=str(path))

    @classmethod
    def from_dict(cls, values: dict[str, Any], where: str = "config") -> ClipConfig:
        """Check and take over the fields of a published configuration. Raises ModelFileError that names the field."""
        text, vision = (_tower(values, name, where) for name in ("text_config", "vision_config"))
        projection = _size("projection_dim", values.get("projection_dim", _PROJECTION_DEFAULT), where)
        if vision["image_size"] % vision["patch_size"]:
            raise ModelFileError(f"{where}: image_size is no multiple of patch_size.")
        names = TowerConfig.__dataclass_fields__
        return cls(
            text=TowerConfig(**{name: text[name] for name in names}),
            vision=TowerConfig(**{name: vision[name] for name in names}),
            vocab_size=text["vocab_size"],
            max_position_embeddings=text["max_position_embeddings"],
            image_size=vision["image_size"],
            patch_size=vision["patch_size"],
            projection_dim=projection,
        )


def _tower(values: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    given = values.get(name) or values.get(f"{name}_dict") or {}
    if not isinstance(given, dict):
        raise ModelFileError(f"{where}: {name} is no table.")
    taken: dict[str, Any] = {}
    for field, default in _TOWER_DEFAULTS[name].items():
        value = given.get(field, default)
        if field == "hidden_act":
            if value not in _ACTIVATIONS:
                known = ", ".join(_ACTIVATIONS)
                raise ModelFileError(f"{where}: {name}.{field} is {str(value)[:80]!r}; this network knows {known}.")
        elif field == "layer_norm_eps":
            if not isinstance(value, float) or not 0 < value < 1:
                raise ModelFileError(f"{where}: {name}.{field} is {str(value)[:80]!r}, which is no small number.")
        else:
            _size(f"{name}.{field}", value, where)
        taken[field] = value
    if taken["hidden_size"] % taken["num_attention_heads"]:
        raise ModelFileError(f"{where}: {name}.hidden_size is no multiple of {name}.num_attention_heads.")
    return taken


def _size(name: str, value: Any, where: str) -> int:
    largest = _MOST_LAYERS if name.endswith("num_hidden_layers") else _LARGEST_SIZE
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
        raise ModelFileError(f"{where}: {name} is {str(value)[:80]!r}, which is no number from 1 to {largest}.")
    return value
