"""realesr-animevideov3 (SRVGGNetCompact): 17 plain 3x3 convolutions and one that makes 4x4 pixels of each.

Source: Real-ESRGAN (arXiv 2107.10833), its SRVGGNetCompact, BSD-3-Clause; see LICENCE-realesr-animevideov3.txt.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from generation.errors import ModelFileError
from generation.files.weights import read_weights
from generation.upscale.winograd import convolve, from_phases, settled, to_phases, transform_kernels

SCALE = 4
"""Each pixel becomes a square of this side."""

WEIGHTS = Path(__file__).parent / "realesr-animevideov3.safetensors"

_WIDTH = 64
_MIDDLE_LAYERS = 16


class Parameters(NamedTuple):
    """float32. The middle's kernels are (layers, 36, 64, 64) and the last (36, 64, 48), transformed for Winograd."""

    first_kernel: jax.Array
    first_bias: jax.Array
    first_slope: jax.Array
    middle_kernels: jax.Array
    middle_biases: jax.Array
    middle_slopes: jax.Array
    last_kernel: jax.Array
    last_bias: jax.Array


def load_parameters(path: Path = WEIGHTS) -> Parameters:
    """Read the weights (`layer_00/kernel` HWIO, `/bias`, `/slope` ...). Raises ModelFileError if they are damaged."""
    weights = read_weights(path)
    layers = range(_MIDDLE_LAYERS + 2)
    expected = {f"layer_{index:02}/{leaf}": shape for index in layers for leaf, shape in _shapes(index).items()}
    for name, shape in expected.items():
        if name not in weights or weights[name].shape != shape:
            raise ModelFileError(f"{path}: {name} is missing or not of shape {shape}; install Easel anew.")
    return _assemble({name: weights[name].astype(np.float32) for name in expected})


@jax.jit
def enlarge(parameters: Parameters, picture: jax.Array) -> jax.Array:
    """picture (height, width, 3) uint8, sides multiples of 4 -> (4 height, 4 width, 3) uint8."""
    pixels = picture.astype(jnp.float32) / 255
    dimensions = ("NHWC", "HWIO", "NHWC")
    features = lax.conv_general_dilated(
        pixels[None], parameters.first_kernel, (1, 1), "SAME", dimension_numbers=dimensions
    )[0]
    features = _prelu(features + parameters.first_bias, parameters.first_slope)

    def layer(phased: jax.Array, weights: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        kernel, bias, slope = weights
        return settled(_prelu(convolve(phased, kernel) + bias, slope)), None

    middle = (parameters.middle_kernels, parameters.middle_biases, parameters.middle_slopes)
    phased, _ = lax.scan(layer, to_phases(features), middle)
    details = from_phases(convolve(phased, parameters.last_kernel)) + parameters.last_bias
    enlarged = _shuffle(details) + jnp.repeat(jnp.repeat(pixels, SCALE, axis=0), SCALE, axis=1)
    return jnp.round(jnp.clip(enlarged, 0, 1) * 255).astype(jnp.uint8)


def _prelu(x: jax.Array, slope: jax.Array) -> jax.Array:
    return jnp.where(x >= 0, x, x * slope)


def _shuffle(details: jax.Array) -> jax.Array:
    """(height, width, 3 * 16) -> (4 height, 4 width, 3): channel c, row i and column j lie at 16 c + 4 i + j."""
    height, width, _ = details.shape
    blocks = details.reshape(height, width, 3, SCALE, SCALE).transpose(0, 3, 1, 4, 2)
    return blocks.reshape(height * SCALE, width * SCALE, 3)


def _shapes(index: int) -> dict[str, tuple[int, ...]]:
    in_size = 3 if index == 0 else _WIDTH
    if index == _MIDDLE_LAYERS + 1:
        out_size = 3 * SCALE * SCALE
        return {"kernel": (3, 3, in_size, out_size), "bias": (out_size,)}
    return {"kernel": (3, 3, in_size, _WIDTH), "bias": (_WIDTH,), "slope": (_WIDTH,)}


def _assemble(weights: Mapping[str, np.ndarray[Any, Any]]) -> Parameters:
    def stacked(leaf: str) -> np.ndarray[Any, Any]:
        return np.stack([weights[f"layer_{index:02}/{leaf}"] for index in range(1, _MIDDLE_LAYERS + 1)])

    last = f"layer_{_MIDDLE_LAYERS + 1:02}"
    return Parameters(
        first_kernel=jax.device_put(weights["layer_00/kernel"]),
        first_bias=jax.device_put(weights["layer_00/bias"]),
        first_slope=jax.device_put(weights["layer_00/slope"]),
        middle_kernels=jax.device_put(transform_kernels(stacked("kernel"))),
        middle_biases=jax.device_put(stacked("bias")),
        middle_slopes=jax.device_put(stacked("slope")),
        last_kernel=jax.device_put(transform_kernels(weights[f"{last}/kernel"][None])[0]),
        last_bias=jax.device_put(weights[f"{last}/bias"]),
    )
