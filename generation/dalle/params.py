"""Published DALL-E Mini checkpoints <-> our network: a table of names, used in both directions.

A scanned checkpoint stacks the layers of each leaf on its first axis (`.../FlaxBartEncoderLayers/...`); an unscanned
one has a group a layer (`.../FlaxBartEncoderLayer_0/...`). Our network is always unrolled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from generation.dalle.config import DalleConfig
from generation.dalle.modeling import DalleBart
from generation.errors import ModelFileError
from generation.files.eight_bits import SCALE_SUFFIX
from generation.files.leaf import empty
from generation.files.weights import Leaf, read_header, stream_weights, weights_file

OurPath = tuple[str | int, ...]
Parameters = dict[OurPath, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Name:
    """One leaf of a checkpoint: its name, its shape there, and the parameters of ours that it holds, in order.

    `stacked` tells that the first axis of the leaf counts the layers, one parameter of ours each.
    """

    published: str
    shape: tuple[int, ...]
    ours: tuple[OurPath, ...]
    stacked: bool


def name_table(config: DalleConfig) -> dict[str, Name]:
    """Every leaf that a checkpoint of this configuration holds, by published name."""
    shapes = {path: leaf.shape for path, leaf in abstract_parameters(config).items()}
    names = [
        Name(published, shapes[ours], (ours,), stacked=False)
        for ours, published in _outside_the_layers(config)
        if ours in shapes
    ]
    for side, kind, count in (
        ("encoder", "Encoder", config.encoder_layers),
        ("decoder", "Decoder", config.decoder_layers),
    ):
        group = f"model/{side}/layers/FlaxBart{kind}Layer"
        for inside, published in _inside_a_layer(config, side):
            paths = tuple((side, "layers", index, *inside) for index in range(count))
            if paths[0] not in shapes:
                continue
            shape = shapes[paths[0]]
            if config.use_scan:
                names.append(Name(f"{group}s/{published}", (count, *shape), paths, stacked=True))
            else:
                names += [
                    Name(f"{group}_{index}/{published}", shape, (path,), stacked=False)
                    for index, path in enumerate(paths)
                ]
    return {name.published: name for name in sorted(names, key=lambda name: name.published)}


def abstract_parameters(config: DalleConfig) -> dict[OurPath, jax.ShapeDtypeStruct]:
    """Shape and type of every parameter of our network, by path, without making one."""
    return flat_parameters(DalleBart(config, rngs=None))


def flat_parameters(model: nnx.Module) -> dict[OurPath, Any]:
    """The values of a network's parameters by path: arrays, or their shapes if it was made without `rngs`."""
    return {_path(path): leaf.get_value() for path, leaf in nnx.to_flat_state(nnx.state(model, nnx.Param))}


def _path(path: tuple[Any, ...]) -> OurPath:
    return path


def load_dalle(folder: Path, *, dtype: Any = jnp.float32, param_dtype: Any = jnp.float32) -> DalleBart:
    """Load a DalleBart folder (`config.json` and weights) as published, scanned or not.

    `dtype` is what will be computed in, `param_dtype` what the parameters are kept in, whatever the file stores.
    Raises ModelFileError where file and configuration disagree, before memory is taken.
    """
    config = DalleConfig.from_file(folder / "config.json")
    model = DalleBart(config, rngs=None, dtype=dtype, param_dtype=param_dtype)
    parameters = load_parameters(folder, config, param_dtype=param_dtype)
    nnx.update(model, nnx.from_flat_state([(path, jax.device_put(array)) for path, array in parameters.items()]))
    return model


def load_parameters(folder: Path, config: DalleConfig, *, param_dtype: Any = jnp.float32) -> Parameters:
    """The parameters of a DalleBart folder by our paths, streamed from the file. Raises ModelFileError.

    They stay in NumPy: to convert them one by one in JAX would compile a program for each shape.
    """
    path = weights_file(folder)
    header = read_header(path)
    table = name_table(config)
    refuse_disagreement(path, {name: entry.shape for name, entry in table.items()}, header)
    return dict(_ours(stream_weights(path, header), table, param_dtype))


def published_weights(model: DalleBart, *, dtype: Any = np.float32) -> dict[str, np.ndarray[Any, Any]]:
    """The network's parameters under their published names, as `write_msgpack` and `write_safetensors` take them."""
    ours = flat_parameters(model)
    weights = {}
    for name, entry in name_table(model.config).items():
        arrays = [np.asarray(ours[path]).astype(dtype) for path in entry.ours]
        weights[name] = np.stack(arrays) if entry.stacked else arrays[0]
    return weights


def refuse_disagreement(path: Path, expected: Mapping[str, tuple[int, ...]], header: Mapping[str, Leaf]) -> None:
    """Compare a file's names and shapes with those that its configuration asks for. Raises ModelFileError."""
    for name, shape in expected.items():
        if name not in header:
            raise ModelFileError(f"{path}: {name} is missing, though config.json asks for it.")
        if header[name].shape != shape:
            raise ModelFileError(f"{path}: {name} is {header[name].shape}, though config.json asks for {shape}.")
        if header[name].dtype.kind == "i":
            raise ModelFileError(
                f"{path}: {name} is {header[name].dtype.name}; weights are floating numbers, or int8 with their scales "
                f"in {name}{SCALE_SUFFIX}."
            )
    for name in header:
        if name not in expected:
            raise ModelFileError(f"{path}: {name} is there, though config.json has no place for it.")


def _ours(
    leaves: Iterator[tuple[str, np.ndarray[Any, Any]]], table: Mapping[str, Name], param_dtype: Any
) -> Iterator[tuple[OurPath, np.ndarray[Any, Any]]]:
    for name, array in leaves:
        entry = table[name]
        parts = array if entry.stacked else [array]
        for path, part in zip(entry.ours, parts, strict=True):
            own = empty(part.shape, np.dtype(param_dtype))  # not a view, so that the stacked array can go
            own[...] = part
            yield path, own


def _outside_the_layers(config: DalleConfig) -> Iterator[tuple[OurPath, str]]:
    yield ("head", "kernel"), "lm_head/kernel"
    for side in ("encoder", "decoder"):
        yield (side, "tokens", "embedding"), f"model/{side}/embed_tokens/embedding"
        yield (side, "positions", "embedding"), f"model/{side}/embed_positions/embedding"
        for leaf in ("scale", "bias"):
            yield (side, "embedding_norm", leaf), f"model/{side}/layernorm_embedding/{leaf}"
            yield (side, "final_norm", leaf), f"model/{side}/final_ln/{leaf}"


def _inside_a_layer(config: DalleConfig, side: str) -> Iterator[tuple[OurPath, str]]:
    """Flax numbers the modules of one class in the order in which the reference calls them, so the numbers depend on
    which norms a layer has.
    """
    norm = {"layernorm": "LayerNorm", "rmsnorm": "RMSNorm"}[config.ln_type]
    blocks = ["attention"] if side == "encoder" else ["attention", "cross_attention"]
    has_after = config.ln_positions in ("normformer", "cogview")
    layer_norms = [
        f"{place}_{block}" for block in blocks for place in (("before", "after") if has_after else ("before",))
    ]
    for number, ours in enumerate(layer_norms):
        for leaf in ("scale", "bias"):
            yield (ours, leaf), f"{norm}_{number}/{leaf}"
    for number, block in enumerate(blocks):
        for ours, published in (("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj"), ("output", "out_proj")):
            for leaf in ("kernel", "bias"):
                yield (block, ours, leaf), f"FlaxBartAttention_{number}/{published}/{leaf}"
        yield (block, "head_scale"), f"FlaxBartAttention_{number}/head_scale"
    group = "GLU_0" if config.use_glu else "FFN_0"
    for number, ours in enumerate(["gate", "up", "down"] if config.use_glu else ["gate", "down"]):
        for leaf in ("kernel", "bias"):
            yield ("feed_forward", ours, leaf), f"{group}/Dense_{number}/{leaf}"
    second = {"normformer": "middle", "cogview": "after"}.get(config.ln_positions)
    for number, ours in enumerate(["before", second] if second else ["before"]):
        for leaf in ("scale", "bias"):
            yield ("feed_forward", ours, leaf), f"{group}/{norm}_{number}/{leaf}"
