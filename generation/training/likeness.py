"""How like two pictures are: peak signal to noise, and structural similarity."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

_WINDOW, _DEVIATION = 11, 1.5
_FIRST, _SECOND = 0.01**2, 0.03**2
"""Of pixels in 0..1, from "Image quality assessment: from error visibility to structural similarity" (2004)."""


def decibels(one: jax.typing.ArrayLike, other: jax.typing.ArrayLike) -> jax.Array:
    """Peak signal to noise of each pair of pictures (B, Y, X, 3) in 0..1: (B,); clipped, as pictures are."""
    error = jnp.square(jnp.clip(one, 0, 1) - jnp.clip(other, 0, 1)).mean((1, 2, 3))
    return -10 * jnp.log10(jnp.maximum(error, 1e-10))


def structural_similarity(one: Array, other: Array) -> Array:
    """Mean over the places and channels of each pair (B, Y, X, 3) in 0..1: (B,); 1 is equality."""
    mean_one, mean_other = _blurred(one), _blurred(other)
    variance_one = _blurred(one * one) - mean_one**2
    variance_other = _blurred(other * other) - mean_other**2
    together = _blurred(one * other) - mean_one * mean_other
    brightness = (2 * mean_one * mean_other + _FIRST) / (mean_one**2 + mean_other**2 + _FIRST)
    structure = (2 * together + _SECOND) / (variance_one + variance_other + _SECOND)
    found: Array = (brightness * structure).mean((1, 2, 3))
    return found


def _blurred(pictures: Array) -> Array:
    """A Gaussian over whole windows only: eleven shifted copies each way."""
    places = np.arange(_WINDOW) - _WINDOW // 2
    weights = np.exp(-np.square(places) / (2 * _DEVIATION**2))
    weights /= weights.sum()
    rows, columns = pictures.shape[1] - _WINDOW + 1, pictures.shape[2] - _WINDOW + 1
    down: Array = sum((w * pictures[:, i : i + rows] for i, w in enumerate(weights)), np.zeros(()))
    across: Array = sum((w * down[:, :, i : i + columns] for i, w in enumerate(weights)), np.zeros(()))
    return across
