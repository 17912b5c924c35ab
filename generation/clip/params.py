"""Published CLIP checkpoints <-> our network: Flax's names; PyTorch's in a safetensors file are read too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from generation.clip.config import ClipConfig
from generation.clip.modeling import Clip
from generation.dalle.params import OurPath, flat_parameters, refuse_disagreement
from generation.files.weights import Leaf, read_header, stream_weights, weights_file

Array = np.ndarray[Any, Any]

# Numbered positions, which older checkpoints of PyTorch store beside the weights.
_BUFFERS = ("text_model.embeddings.position_ids", "vision_model.embeddings.position_ids")


def name_table(config: ClipConfig) -> dict[str, OurPath]:
    """Our path of every leaf of a Flax checkpoint of this configuration, by published name."""
    table: dict[str, OurPath] = {
        "logit_scale": ("logit_scale",),
        "text_projection/kernel": ("text", "projection", "kernel"),
        "visual_projection/kernel": ("vision", "projection", "kernel"),
        "text_model/embeddings/token_embedding/embedding": ("text", "tokens"),
        "text_model/embeddings/position_embedding/embedding": ("text", "positions"),
        "vision_model/embeddings/class_embedding": ("vision", "class_token"),
        "vision_model/embeddings/patch_embedding/kernel": ("vision", "patch_kernel"),
        "vision_model/embeddings/position_embedding/embedding": ("vision", "positions"),
    }
    norms: list[tuple[str, OurPath]] = [
        ("text_model/final_layer_norm", ("text", "last_norm")),
        ("vision_model/pre_layrnorm", ("vision", "first_norm")),  # spelt so in the published files
        ("vision_model/post_layernorm", ("vision", "last_norm")),
    ]
    for side, tower in (("text", config.text), ("vision", config.vision)):
        for index in range(tower.num_hidden_layers):
            group = f"{side}_model/encoder/layers/{index}"
            ours: OurPath = (side, "layers", index)
            norms += [(f"{group}/layer_norm{number}", (*ours, f"norm{number}")) for number in (1, 2)]
            for published, part in _dense_layers():
                for leaf in ("kernel", "bias"):
                    table[f"{group}/{published}/{leaf}"] = (*ours, *part, leaf)
    for published, path in norms:
        for leaf in ("scale", "bias"):
            table[f"{published}/{leaf}"] = (*path, leaf)
    return table


def load_clip(folder: Path, *, dtype: Any = jnp.float32) -> Clip:
    """Load a CLIP folder (`config.json` and weights), of Flax or of PyTorch in safetensors.

    Raises ModelFileError where file and configuration disagree, before memory is taken.
    """
    config = ClipConfig.from_file(folder / "config.json")
    path = weights_file(folder)
    header = {name: leaf for name, leaf in read_header(path).items() if name not in _BUFFERS}
    table = name_table(config)
    model = Clip(config, rngs=None, dtype=dtype)
    shapes = {ours: leaf.shape for ours, leaf in flat_parameters(model).items()}
    names = {name: _torch_name(name) for name in table} if _is_torch(header) else {name: name for name in table}
    layouts = {names[name]: _layout(name, torch=_is_torch(header)) for name in table}
    expected = {names[name]: layouts[names[name]].stored_shape(shapes[ours]) for name, ours in table.items()}
    refuse_disagreement(path, expected, header)
    by_stored_name = {names[name]: ours for name, ours in table.items()}
    arrays = [
        (by_stored_name[name], jax.device_put(layouts[name].ours(array).astype(np.float32)))
        for name, array in stream_weights(path, header)
    ]
    nnx.update(model, nnx.from_flat_state(arrays))
    return model


def published_weights(model: Clip, *, dtype: Any = np.float32) -> dict[str, Array]:
    """The network's parameters under Flax's published names, as `write_msgpack` and `write_safetensors` take them."""
    ours = flat_parameters(model)
    return {name: np.asarray(ours[path]).astype(dtype) for name, path in name_table(model.config).items()}


class _Layout:
    """How a leaf's axes are stored, against ours."""

    def __init__(self, axes: tuple[int, ...] | None = None) -> None:
        """`axes` are our axes in the order in which the file has them; None: as ours."""
        self._axes = axes

    def stored_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape if self._axes is None else tuple(shape[axis] for axis in self._axes)

    def ours(self, array: Array) -> Array:
        return array if self._axes is None else array.transpose(np.argsort(self._axes))


def _layout(name: str, *, torch: bool) -> _Layout:
    if not torch or not name.endswith("kernel"):
        return _Layout()
    # PyTorch stores (out, in) and (out, in, rows, columns), Flax (in, out) and (rows, columns, in, out).
    return _Layout((3, 2, 0, 1)) if "patch_embedding" in name else _Layout((1, 0))


def _is_torch(header: dict[str, Leaf]) -> bool:
    return any(name.startswith("text_model.") for name in header)


def _torch_name(name: str) -> str:
    *groups, last = name.split("/")
    renamed: dict[str, str] = {"kernel": "weight", "scale": "weight", "embedding": "weight"}
    return ".".join([*groups, renamed.get(last, last)])


def _dense_layers() -> Iterator[tuple[str, tuple[str, ...]]]:
    for published, ours in (("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "output")):
        yield f"self_attn/{published}", ("attention", ours)
    yield "mlp/fc1", ("first",)
    yield "mlp/fc2", ("second",)
