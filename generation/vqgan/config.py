"""The configuration of a VQGAN, read from the published `config.json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from generation.dalle.config import read_json_object
from generation.errors import ModelFileError

# Far above the published one (5 levels, 512 channels), so that a hostile file is refused before memory is taken.
_MOST_LEVELS = 12
_MOST_BLOCKS = 64
_LARGEST_SIZE = 1 << 16
_LARGEST_CODEBOOK = 1 << 20

GROUPS = 32  # of every group norm in the reference


@dataclass(frozen=True)
class VqganConfig:
    """A VQGAN's shape. Names follow `config.json`: `ch` times `ch_mult` are channels, `resolution` is pixels."""

    ch: int
    ch_mult: tuple[int, ...]
    num_res_blocks: int
    attn_resolutions: tuple[int, ...]
    resolution: int
    z_channels: int
    embed_dim: int
    n_embed: int
    in_channels: int = 3
    out_ch: int = 3
    resamp_with_conv: bool = True

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of each level, from the pixels down."""
        return tuple(self.ch * multiple for multiple in self.ch_mult)

    @property
    def reduction(self) -> int:
        """Pixels along one side of the square that one code stands for."""
        return 1 << (len(self.ch_mult) - 1)

    @property
    def grid(self) -> int:
        """Codes along one side of a picture of the trained size."""
        return self.resolution // self.reduction

    @classmethod
    def imagenet_f16_16384(cls) -> VqganConfig:
        """The published VQGAN beside mini-1 and mega-1: 76,073,859 parameters."""
        return cls(
            ch=128,
            ch_mult=(1, 1, 2, 2, 4),
            num_res_blocks=2,
            attn_resolutions=(16,),
            resolution=256,
            z_channels=256,
            embed_dim=256,
            n_embed=16384,
        )

    @classmethod
    def from_file(cls, path: Path) -> VqganConfig:
        """Read a `config.json`. Raises ModelFileError that names the file and the field."""
        return cls.from_dict(read_json_object(path), where=str(path))

    @classmethod
    def from_dict(cls, values: dict[str, Any], where: str = "config") -> VqganConfig:
        """Check and take over the fields of a published configuration. Raises ModelFileError that names the field."""
        for name in ("double_z", "give_pre_end"):
            if values.get(name, False):
                raise ModelFileError(f"{where}: {name} is an option that this network does not know.")
        taken = {}
        for field in fields(cls):
            if field.name not in values:
                if field.name in ("in_channels", "out_ch", "resamp_with_conv"):
                    continue
                raise ModelFileError(f"{where}: the field {field.name} is missing.")
            taken[field.name] = _checked(field.name, values[field.name], where)
        config = cls(**taken)
        _refuse_inconsistent(config, where)
        return config

    def to_dict(self) -> dict[str, Any]:
        """The fields as a published `config.json` has them, so that the reference can read what is saved here."""
        values = asdict(self) | {
            "architectures": ["VQModel"],
            "attn_resolutions": list(self.attn_resolutions),
            "ch_mult": list(self.ch_mult),
            "double_z": False,
            "dropout": 0.0,
            "give_pre_end": False,
            "num_resolutions": len(self.ch_mult),
        }
        return dict(sorted(values.items()))


def _checked(name: str, value: Any, where: str) -> Any:
    if name == "resamp_with_conv":
        if not isinstance(value, bool):
            raise ModelFileError(f"{where}: {name} is {str(value)[:80]!r}, which is no bool.")
        return value
    if name in ("ch_mult", "attn_resolutions"):
        if not isinstance(value, list | tuple) or len(value) > _MOST_LEVELS:
            raise ModelFileError(
                f"{where}: {name} is {str(value)[:80]!r}, which is no list of up to {_MOST_LEVELS} sizes."
            )
        return tuple(_checked_size(name, item, where) for item in value)
    return _checked_size(name, value, where)


def _checked_size(name: str, value: Any, where: str) -> int:
    largest = {"n_embed": _LARGEST_CODEBOOK, "num_res_blocks": _MOST_BLOCKS}.get(name, _LARGEST_SIZE)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
        raise ModelFileError(f"{where}: {name} holds {str(value)[:80]!r}, which is no number from 1 to {largest}.")
    return value


def _refuse_inconsistent(config: VqganConfig, where: str) -> None:
    if not config.ch_mult:
        raise ModelFileError(f"{where}: ch_mult is empty; a VQGAN has at least one level.")
    if config.resolution % config.reduction:
        raise ModelFileError(f"{where}: resolution {config.resolution} is no multiple of {config.reduction}.")
    for channels in (config.ch, *config.channels):
        if channels % GROUPS or channels > _LARGEST_SIZE:
            raise ModelFileError(f"{where}: ch and ch_mult give {channels} channels, no multiple of {GROUPS} groups.")
