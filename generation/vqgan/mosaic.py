"""The mean colour of each code: enough for a preview that costs nothing while a picture is drawn.

A code means little without its neighbours, but its colour is nearly a linear function of its vector. So some codes are
decoded, each surrounded by itself, and the line is fitted through their colours.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from flax import nnx

from generation.vqgan.modeling import Vqgan

# Enough for a codebook of 64 axes; the ridge serves for more. 256 squares of 2 x 2 codes cost four pictures.
_SAMPLES = 256
_RIDGE = 1e-3

FloatArray = np.ndarray[Any, np.dtype[np.floating[Any]]]


@jax.jit(static_argnums=0)
def _mean_colours(vqgan: nnx.GraphDef[Vqgan], state: Any, codes: jax.Array) -> jax.Array:
    """codes (B, 4), a square of two by two -> (B, 3)."""
    return nnx.merge(vqgan, state).decode_codes(codes).clip(0.0, 1.0).mean((1, 2))


def code_colours(vqgan: nnx.GraphDef[Vqgan], state: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The colour of each code of the codebook: (n_embed, 3), uint8."""
    codebook = np.asarray(state["codebook"].get_value(), np.float64)
    codes = np.random.default_rng(0).choice(len(codebook), _SAMPLES, replace=len(codebook) < _SAMPLES)
    colours = np.asarray(_mean_colours(vqgan, state, np.repeat(codes[:, None], 4, axis=1)), np.float64)
    vectors = _with_constant(codebook)
    line = _fit(vectors[codes], colours)
    return (np.clip(vectors @ line, 0.0, 1.0) * 255).astype(np.uint8)


def _with_constant(vectors: FloatArray) -> FloatArray:
    return np.concatenate([vectors, np.ones((len(vectors), 1))], axis=1)


def _fit(vectors: FloatArray, colours: FloatArray) -> FloatArray:
    """Ridge regression of colours (B, 3) on vectors (B, E + 1)."""
    penalty = _RIDGE * len(vectors) * np.eye(vectors.shape[1])
    return np.linalg.solve(vectors.T @ vectors + penalty, vectors.T @ colours)
