"""Matrices stored in 8 bits: int8 codes, and beside them float32 scales; a matrix is codes x scales.

In a `.safetensors` file the codes lie under the matrix's own name, the scales under `NAME/int8_scale`: a name that no
Flax tree can hold, as nothing lies below a leaf. A kernel (..., in, out) has a scale an output channel (..., 1, out),
an embedding (rows, width) one a row (rows, 1). Zero stays zero, and no number moves by more than half a scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from generation.errors import ModelFileError
from generation.files.leaf import Array, Leaf

SCALE_SUFFIX = "/int8_scale"

# -128 is left unused, so that a number and its negative are stored alike.
_LARGEST_CODE = 127
# The axis over which numbers share a scale, by the last part of a leaf's name. Others (norms, biases) stay as they are.
_SHARED_AXIS = {"kernel": -2, "embedding": -1}


def in_eight_bits(weights: Mapping[str, Array]) -> dict[str, Array]:
    """Flat `{"a/b/c": array}` of finite numbers, each matrix replaced by its codes and its scales."""
    stored = {}
    for name, array in weights.items():
        axis = _SHARED_AXIS.get(name.rpartition("/")[2])
        if axis is None or array.ndim < 2 or array.size == 0 or array.dtype.kind == "i":
            stored[name] = array
            continue
        numbers = array.astype(np.float32)
        scale = np.abs(numbers).max(axis=axis, keepdims=True) / np.float32(_LARGEST_CODE)
        # Where all is zero, or too small to be divided by 127, any scale will do.
        scale = np.where(scale > 0, scale, np.float32(1))
        stored[name] = np.clip(np.rint(numbers / scale), -_LARGEST_CODE, _LARGEST_CODE).astype(np.int8)
        stored[name + SCALE_SUFFIX] = scale
    return stored


def join_scales(path: Path, stored: Mapping[str, Leaf]) -> dict[str, Leaf]:
    """A header as its readers see it: codes and scales are one leaf of float32. Codes without scales stay int8.

    Raises ModelFileError where scales belong to nothing, or are of another type or shape than their matrix asks for.
    """
    joined = {}
    for name, leaf in stored.items():
        if name.endswith(SCALE_SUFFIX):
            matrix = stored.get(name.removesuffix(SCALE_SUFFIX))
            if matrix is None or matrix.dtype != np.int8:
                raise ModelFileError(f"{path}: {name} is there, but no int8 matrix that it scales.")
            continue
        scale = stored.get(name + SCALE_SUFFIX)
        if scale is not None:
            _refuse_unfit(path, name, leaf, scale)
            leaf = replace(leaf, dtype=np.dtype(np.float32), scale=scale)
        joined[name] = leaf
    return joined


def restored(path: Path, name: str, codes: Array, scale: Array) -> Array:
    """The float32 matrix of its codes and its finite scales. Raises ModelFileError where a scale is not above zero."""
    if scale.size and not scale.min() > 0:
        raise ModelFileError(f"{path}: {name}{SCALE_SUFFIX} holds {scale.min()}; a scale is above zero.")
    with np.errstate(over="ignore"):  # the reader refuses infinities by name
        return np.multiply(codes, scale, dtype=np.float32)


def _refuse_unfit(path: Path, name: str, matrix: Leaf, scale: Leaf) -> None:
    if scale.dtype != np.float32:
        raise ModelFileError(f"{path}: {name}{SCALE_SUFFIX} is {scale.dtype.name}; scales are float32.")
    fits = len(scale.shape) == len(matrix.shape) and all(
        ours in (1, theirs) for ours, theirs in zip(scale.shape, matrix.shape, strict=True)
    )
    if not fits:
        raise ModelFileError(
            f"{path}: {name}{SCALE_SUFFIX} is {scale.shape}, which does not scale a matrix of {matrix.shape}."
        )
