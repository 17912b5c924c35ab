"""The configuration of a DALL-E Mini, read from the published `config.json`."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from generation.errors import ModelFileError

# Far above mega (24 layers, width 2,048, 50,272 words), so that a hostile file is refused before memory is taken.
_MOST_LAYERS = 512
_LARGEST_SIZE = 1 << 20
_LARGEST_FILE = 1 << 20

# What the reference can do and this network cannot. A checkpoint trained with one would draw nonsense without it.
_ONLY_SUPPORTED: dict[str, Any] = {
    "use_swin_position_embeddings": False,
    "use_cosine_attention": False,
    "use_alibi": False,
    "use_deepnet_scaling": False,
    "tie_word_embeddings": False,
    "sinkhorn_iters": 1,
    "use_absolute_position_embeddings": True,
}
# Options that change how a network begins or is run, not what it computes.
_WITHOUT_EFFECT = {"use_subln_init", "use_cache", "use_bfloat16"}

_LN_POSITIONS = ("normformer", "preln", "cogview")
_LN_TYPES = ("layernorm", "rmsnorm")
_ACTIVATIONS = ("gelu", "gelu_new", "relu", "silu", "swish")


@dataclass(frozen=True)
class DalleConfig:
    """A DALL-E Mini's shape. Names follow `config.json`; sizes are counts, ids are token ids.

    The image vocabulary may be larger than the VQGAN's codebook; the decoder knows one id more, for its start.
    """

    encoder_vocab_size: int
    image_vocab_size: int
    image_length: int
    max_text_length: int
    d_model: int
    encoder_layers: int
    decoder_layers: int
    encoder_attention_heads: int
    decoder_attention_heads: int
    encoder_ffn_dim: int
    decoder_ffn_dim: int
    decoder_start_token_id: int
    bos_token_id: int
    eos_token_id: int
    pad_token_id: int
    activation_function: str = "gelu"
    ln_positions: str = "normformer"
    ln_type: str = "layernorm"
    use_glu: bool = True
    use_bias: bool = False
    use_head_scale: bool = False
    force_ln_scale: bool = False
    scale_embedding: bool = False
    use_final_ln_encoder: bool = True
    use_final_ln_decoder: bool = True
    use_scan: bool = True
    normalize_text: bool = False
    init_std: float = 0.02

    @property
    def decoder_vocab_size(self) -> int:
        """How many ids the decoder reads and scores: the image vocabulary and one start token."""
        return self.image_vocab_size + 1

    @classmethod
    def mini_1(cls) -> DalleConfig:
        """The published mini-1: 437,833,712 parameters."""
        return cls(
            encoder_vocab_size=50264,
            image_vocab_size=16384,
            image_length=256,
            max_text_length=64,
            d_model=1024,
            encoder_layers=12,
            decoder_layers=12,
            encoder_attention_heads=16,
            decoder_attention_heads=16,
            encoder_ffn_dim=2730,
            decoder_ffn_dim=2730,
            decoder_start_token_id=16384,
            bos_token_id=16385,
            eos_token_id=16385,
            pad_token_id=16385,
            normalize_text=True,
        )

    @classmethod
    def mega_1(cls) -> DalleConfig:
        """The published mega-1: 2,587,521,024 parameters."""
        return cls(
            encoder_vocab_size=50272,
            image_vocab_size=16415,
            image_length=256,
            max_text_length=64,
            d_model=2048,
            encoder_layers=24,
            decoder_layers=24,
            encoder_attention_heads=32,
            decoder_attention_heads=32,
            encoder_ffn_dim=4096,
            decoder_ffn_dim=4096,
            decoder_start_token_id=16384,
            bos_token_id=16385,
            eos_token_id=16385,
            pad_token_id=16385,
            normalize_text=True,
            init_std=0.01,
        )

    @classmethod
    def from_file(cls, path: Path) -> DalleConfig:
        """Read a `config.json`. Raises ModelFileError that names the file and the field."""
        return cls.from_dict(read_json_object(path), where=str(path))

    @classmethod
    def from_dict(cls, values: dict[str, Any], where: str = "config") -> DalleConfig:
        """Check and take over the fields of a published configuration. Raises ModelFileError that names the field."""
        values = dict(values)
        if values.get("head_scale"):  # the name of `use_head_scale` in the oldest checkpoints
            values["use_head_scale"] = True
        _refuse_unsupported(values, where)
        image_vocab_size = values.get("image_vocab_size")
        for name in ("decoder_start_token_id", "bos_token_id", "eos_token_id", "pad_token_id"):
            values.setdefault(name, image_vocab_size)
        taken = {}
        for field in fields(cls):
            if field.name in values:
                taken[field.name] = _checked(field.name, str(field.type), values[field.name], where)
            elif field.default is MISSING:
                raise ModelFileError(f"{where}: the field {field.name} is missing.")
        config = cls(**taken)
        _refuse_inconsistent(config, where)
        return config

    def to_dict(self) -> dict[str, Any]:
        """The fields as a published `config.json` has them, so that the reference can read what is saved here."""
        published = {
            "model_type": "dallebart",
            "architectures": ["eBart"],
            "is_encoder_decoder": True,
            "do_sample": True,
            "use_cache": True,
            "min_length": self.image_length + 1,
            "max_length": self.image_length + 1,
            "dropout": 0.0,
            "activation_dropout": 0.0,
            "attention_dropout": 0.0,
            "gradient_checkpointing": False,
        }
        return dict(sorted((asdict(self) | _ONLY_SUPPORTED | published).items()))


def read_json_object(path: Path) -> dict[str, Any]:
    """Read a small JSON file that must hold one object. Raises ModelFileError."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ModelFileError(f"{path}: is larger than {_LARGEST_FILE} bytes, so it is no model configuration.")
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except ModelFileError:  # a ValueError, too
        raise
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: is no JSON ({str(error)[:80]}).") from error
    if not isinstance(values, dict):
        raise ModelFileError(f"{path}: holds no JSON object.")
    return values


def _refuse_unsupported(values: dict[str, Any], where: str) -> None:
    for name, supported in _ONLY_SUPPORTED.items():
        if values.get(name, supported) != supported:
            raise ModelFileError(
                f"{where}: {name} is {values[name]!r}; this network knows only {supported!r}. Use another checkpoint."
            )
    known = {field.name for field in fields(DalleConfig)} | set(_ONLY_SUPPORTED) | _WITHOUT_EFFECT
    for name, value in values.items():
        if name.startswith("use_") and name not in known and value:
            raise ModelFileError(f"{where}: {name} is an option that this network does not know.")


def _checked(name: str, kind: str, value: Any, where: str) -> Any:
    right_kind = {
        "int": isinstance(value, int) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
        "str": isinstance(value, str),
        "float": isinstance(value, int | float) and not isinstance(value, bool),
    }[kind]
    if not right_kind:
        raise ModelFileError(f"{where}: {name} is {str(value)[:80]!r}, which is no {kind}.")
    if kind == "int":
        smallest = 0 if name.endswith("_token_id") else 1
        largest = _MOST_LAYERS if name.endswith("_layers") else _LARGEST_SIZE
        if not smallest <= value <= largest:
            raise ModelFileError(f"{where}: {name} is {value}, outside {smallest} to {largest}.")
    return value


def _refuse_inconsistent(config: DalleConfig, where: str) -> None:
    for name, known in (
        ("ln_positions", _LN_POSITIONS),
        ("ln_type", _LN_TYPES),
        ("activation_function", _ACTIVATIONS),
    ):
        if getattr(config, name) not in known:
            raise ModelFileError(
                f"{where}: {name} is {getattr(config, name)!r}; this network knows {', '.join(known)}."
            )
    for name in ("encoder_attention_heads", "decoder_attention_heads"):
        if config.d_model % getattr(config, name):
            raise ModelFileError(f"{where}: d_model {config.d_model} is no multiple of {name} {getattr(config, name)}.")
    if config.decoder_start_token_id >= config.decoder_vocab_size:
        raise ModelFileError(
            f"{where}: decoder_start_token_id {config.decoder_start_token_id} lies outside the decoder's "
            f"{config.decoder_vocab_size} ids."
        )
