"""Published VQGAN checkpoints <-> our network: a table of names, used in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from generation.dalle.params import OurPath, flat_parameters, refuse_disagreement
from generation.files.weights import read_header, stream_weights, weights_file
from generation.vqgan.config import VqganConfig
from generation.vqgan.modeling import Vqgan


def name_table(config: VqganConfig) -> dict[str, OurPath]:
    """Our path of every leaf that a checkpoint of this configuration holds, by published name."""
    table: dict[str, OurPath] = {"quantize/embedding/embedding": ("codebook",)}
    for published, ours in _modules(config):
        leaves = ("scale", "bias") if "norm" in published.split("/")[-1] else ("kernel", "bias")
        for leaf in leaves:
            table[f"{published}/{leaf}"] = (*ours, leaf)
    return table


def load_vqgan(folder: Path, *, dtype: Any = jnp.float32, param_dtype: Any = jnp.float32) -> Vqgan:
    """Load a VQGAN folder (`config.json` and weights) as published.

    Raises ModelFileError where file and configuration disagree, before memory is taken.
    """
    config = VqganConfig.from_file(folder / "config.json")
    path = weights_file(folder)
    header = read_header(path)
    table = name_table(config)
    model = Vqgan(config, rngs=None, dtype=dtype, param_dtype=param_dtype)
    shapes = {ours: leaf.shape for ours, leaf in flat_parameters(model).items()}
    refuse_disagreement(path, {name: shapes[ours] for name, ours in table.items()}, header)
    # Converted by NumPy: JAX would compile a program for each shape. On a CPU device_put takes the memory over.
    arrays = [
        (table[name], jax.device_put(array.astype(param_dtype, copy=False)))
        for name, array in stream_weights(path, header)
    ]
    nnx.update(model, nnx.from_flat_state(arrays))
    return model


def published_weights(model: Vqgan, *, dtype: Any = np.float32) -> dict[str, np.ndarray[Any, Any]]:
    """The network's parameters under their published names, as `write_msgpack` and `write_safetensors` take them."""
    ours = flat_parameters(model)
    return {name: np.asarray(ours[path]).astype(dtype) for name, path in name_table(model.config).items()}


def _modules(config: VqganConfig) -> Iterator[tuple[str, OurPath]]:
    """(published, ours) of every convolution and norm."""
    yield "quant_conv", ("before_codes",)
    yield "post_quant_conv", ("after_codes",)
    for side, direction, resample, blocks in (
        ("encoder", "down", "downsample", config.num_res_blocks),
        ("decoder", "up", "upsample", config.num_res_blocks + 1),
    ):
        yield f"{side}/conv_in", (side, "first")
        yield f"{side}/norm_out", (side, "last_norm")
        yield f"{side}/conv_out", (side, "last")
        middle = config.channels[-1]
        yield from _residual_block(f"{side}/mid/block_1", (side, "middle", "block1"), middle, middle)
        yield from _attention_block(f"{side}/mid/attn_1", (side, "middle", "attention"))
        yield from _residual_block(f"{side}/mid/block_2", (side, "middle", "block2"), middle, middle)
        last = len(config.channels) - 1
        for index, out_size in enumerate(config.channels):
            group, level = f"{side}/{direction}_{index}", (side, "levels", index)
            if side == "encoder":
                in_size = config.channels[index - 1] if index else config.ch
            else:
                in_size = config.channels[min(index + 1, last)]
            for block in range(blocks):
                yield from _residual_block(f"{group}/block_{block}", (*level, "blocks", block), in_size, out_size)
                in_size = out_size
                if config.resolution >> index in config.attn_resolutions:
                    yield from _attention_block(f"{group}/attn_{block}", (*level, "attentions", block))
            has_next = index < last if side == "encoder" else index > 0
            if has_next and config.resamp_with_conv:
                yield f"{group}/{resample}/conv", (*level, "resample")


def _residual_block(published: str, ours: OurPath, in_size: int, out_size: int) -> Iterator[tuple[str, OurPath]]:
    for part in ("norm1", "conv1", "norm2", "conv2"):
        yield f"{published}/{part}", (*ours, part)
    if in_size != out_size:
        yield f"{published}/nin_shortcut", (*ours, "shortcut")


def _attention_block(published: str, ours: OurPath) -> Iterator[tuple[str, OurPath]]:
    for theirs, part in (("norm", "norm"), ("q", "query"), ("k", "key"), ("v", "value"), ("proj_out", "output")):
        yield f"{published}/{theirs}", (*ours, part)
