"""NSFWJS's MobileNetV2 in JAX: a second opinion on pictures, by another network and other training data.

Network: https://arxiv.org/abs/1801.04381 with three dense layers on top. Weights: npm nsfwjs 4.3.0 (MIT), 8 bits a
number as published, in `nsfwjs_mobilenet_v2.safetensors` beside this file. Axes: B batch, H height, W width, C channel.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from safetensors.numpy import load

from moderation.model_file import checked_bytes
from moderation.pictures.reading import flatten
from moderation.policy import Policy
from moderation.verdicts import Finding

if TYPE_CHECKING:
    import jax
    from numpy.typing import NDArray

    Weights = dict[str, NDArray[np.float32]]

FILE = Path(__file__).with_name("nsfwjs_mobilenet_v2.safetensors")
SHA256 = "847a71bc9e6ab1a06a8d0922dda036296afc027a9e87bdf0cd98a06334271843"
CLASSES = ("drawing", "hentai", "neutral", "porn", "sexy")
SIDE = 224
BLOCKS = ("expanded_conv", *(f"block_{number}" for number in range(1, 17)))
HALVING = frozenset({"block_1", "block_3", "block_6", "block_13"})
"""Blocks whose depthwise convolution has stride 2 (table 2 of the paper)."""

BATCH_NORM_EPSILON = 1e-3


class NsfwJs:
    """Scores a picture by the probabilities of the classes porn and hentai together."""

    version = "NSFWJS MobileNetV2, npm nsfwjs 4.3.0"
    categories = ("sexual",)

    def __init__(self, weights: Weights) -> None:
        import jax

        self._predict = jax.jit(partial(predict, weights))

    @classmethod
    def load(cls, policy: Policy) -> NsfwJs:
        """The weights beside this file, checked.

        Raises:
            ModerationError: the file is missing or damaged.
        """
        return cls(load_weights(FILE))

    def probabilities(self, image: Image.Image) -> dict[str, float]:
        """The probability of each of `CLASSES`."""
        pixels = resize(np.asarray(flatten(image), np.float32) / np.float32(255))
        return dict(zip(CLASSES, map(float, np.asarray(self._predict(pixels[None]))[0]), strict=True))

    def examine(self, image: Image.Image, /) -> list[Finding]:
        """One finding with the score."""
        found = self.probabilities(image)
        score = found["porn"] + found["hentai"]
        return [Finding("sexual", min(1.0, score), f"looks sexual to NSFWJS ({score:.0%})")]


def load_weights(path: Path) -> Weights:
    """The weights as float32; each batch normalisation is folded into the convolution before it."""
    tensors = load(checked_bytes(path, SHA256))
    numbers = {
        name: tensors[f"{name}:range"][0] + tensors[f"{name}:range"][1] * tensor.astype(np.float32)
        for name, tensor in tensors.items()
        if not name.endswith(":range")
    }
    weights: Weights = {name: number for name, number in numbers.items() if name.startswith("dense_")}
    for convolution, norm in _convolutions():
        kernel_name = next(name for name in numbers if name.startswith(f"{convolution}/"))
        scale = numbers[f"{norm}/gamma"] / np.sqrt(numbers[f"{norm}/moving_variance"] + BATCH_NORM_EPSILON)
        shift = numbers[f"{norm}/beta"] - scale * numbers[f"{norm}/moving_mean"]
        kernel = numbers[kernel_name]  # (H, W, C in, C out), or (H, W, C, 1) for a depthwise one
        if kernel.shape[3] == 1:
            kernel = kernel.transpose(0, 1, 3, 2)
        weights[convolution], weights[f"{convolution}:shift"] = kernel * scale, shift
    return weights


def _convolutions() -> list[tuple[str, str]]:
    """Each convolution with its normalisation."""
    inner = [f"{block}_{part}" for block in BLOCKS for part in ("expand", "depthwise", "project")]
    return [("Conv1", "bn_Conv1"), ("Conv_1", "Conv_1_bn")] + [
        (name, f"{name}_BN") for name in inner if name != "expanded_conv_expand"
    ]


def predict(weights: Weights, pixels: jax.Array) -> jax.Array:
    """Probabilities (B, 5) of pixels (B, 224, 224, 3) from 0 to 1."""
    import jax
    import jax.numpy as jnp

    def convolve(x: jax.Array, name: str, *, stride: int = 1, depthwise: bool = False) -> jax.Array:
        kernel = jnp.asarray(weights[name])
        above = (kernel.shape[0] - 1) // 2 if stride == 1 else 0  # a halving convolution pads right and below only
        below = kernel.shape[0] - 1 - (kernel.shape[0] - 1) // 2
        return jnp.asarray(weights[f"{name}:shift"]) + jax.lax.conv_general_dilated(
            x,
            kernel,
            window_strides=(stride, stride),
            padding=((above, below), (above, below)),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=x.shape[-1] if depthwise else 1,
        )

    x = jax.nn.relu6(convolve(pixels, "Conv1", stride=2))  # (B, 112, 112, 32)
    for block in BLOCKS:
        inner = x if block == "expanded_conv" else jax.nn.relu6(convolve(x, f"{block}_expand"))
        stride = 2 if block in HALVING else 1
        inner = jax.nn.relu6(convolve(inner, f"{block}_depthwise", stride=stride, depthwise=True))
        inner = convolve(inner, f"{block}_project")
        x = x + inner if x.shape == inner.shape else inner
    x = jax.nn.relu6(convolve(x, "Conv_1"))  # (B, 7, 7, 1280)
    x = jnp.mean(x, axis=(1, 2))
    x = jax.nn.relu(x @ weights["dense_1/kernel"] + weights["dense_1/bias"])
    x = jax.nn.relu(x @ weights["dense_2/kernel"] + weights["dense_2/bias"])
    return jax.nn.softmax(x @ weights["dense_3/kernel"] + weights["dense_3/bias"])


def resize(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels (H, W, 3) to (224, 224, 3), as `tf.image.resizeBilinear` does with aligned corners."""
    for axis in (0, 1):
        places = np.linspace(0, pixels.shape[axis] - 1, SIDE)
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, pixels.shape[axis] - 1)
        part = (places - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        pixels = np.take(pixels, low, axis) * (1 - part) + np.take(pixels, high, axis) * part
    return pixels
