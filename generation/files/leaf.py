"""One array of a weights file as its header describes it: what both formats share."""

from __future__ import annotations

import math
import mmap
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from generation.errors import ModelFileError

Array = np.ndarray[Any, np.dtype[Any]]

DTYPES = {
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "int8": np.dtype(np.int8),
    "int32": np.dtype(np.int32),
    "int64": np.dtype(np.int64),
}
"""The types that are read and written, by NumPy's names."""

# Far above any real checkpoint (an unscanned mega has about 1,000 leaves, 8 levels, 4 axes), far below what would hurt.
MOST_LEAVES = 100_000
LONGEST_NAME = 1_000
MOST_AXES = 8

_LARGE = 1 << 17  # from here on the C library, too, asks the system for pages
_HUGE_PAGE = 1 << 21  # of x86-64, and of AArch64 with pages of 4 KiB


@dataclass(frozen=True)
class Leaf:
    """Where one array lies in its file: `pieces` are (offset, bytes) in order, all of them one C-order array.

    With a `scale`, these are int8 codes to be multiplied by it, and `dtype` is what that gives.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    pieces: tuple[tuple[int, int], ...]
    scale: Leaf | None = None

    @property
    def size_in_bytes(self) -> int:
        """What the array takes in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


def checked_leaf(
    path: Path, name: str, shape: Any, dtype_name: Any, pieces: tuple[tuple[int, int], ...], end_of_file: int
) -> Leaf:
    """The leaf that a header declares. Raises ModelFileError where it cannot be, or the file does not hold it."""
    dtype = DTYPES.get(dtype_name) if isinstance(dtype_name, str) else None
    if dtype is None:
        raise ModelFileError(
            f"{path}: {name} has the type {dtype_name!r}; this reads {', '.join(DTYPES)}. Convert the file first."
        )
    axes_are_right = isinstance(shape, list | tuple) and len(shape) <= MOST_AXES
    if not axes_are_right or any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in shape):
        raise ModelFileError(f"{path}: {name} declares the shape {str(shape)[:80]}, which no array has.")
    leaf = Leaf(tuple(shape), dtype, pieces)
    held = sum(length for _, length in pieces)
    if leaf.size_in_bytes != held:
        raise ModelFileError(
            f"{path}: {name} declares {leaf.shape} of {dtype.name}, {leaf.size_in_bytes} bytes, but holds {held}."
        )
    if any(offset + length > end_of_file for offset, length in pieces):
        raise ModelFileError(f"{path}: ends in the middle of {name}; copy or fetch the file again.")
    return leaf


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """An array to fill. A large one has pages of its own.

    They go back to the system when it is dropped, where the C library would keep what it has cut into pieces; and on a
    CPU `jax.device_put` takes them over without a copy, because they begin where JAX wants arrays to begin.
    """
    size = math.prod(shape) * dtype.itemsize
    if size < _LARGE:
        return np.empty(shape, dtype)
    if size < _HUGE_PAGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.frombuffer(mmap.mmap(-1, size), dtype).reshape(shape)
    # A decoder that reads all its weights at each step looks up fewer pages so. Only private ones can be huge where the
    # system is left as it comes, and only those that begin at a multiple of their size; the end stays in small ones.
    pages = mmap.mmap(-1, size + _HUGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    start = -np.frombuffer(pages, np.uint8).ctypes.data % _HUGE_PAGE
    with suppress(OSError):  # a Linux without them
        pages.madvise(mmap.MADV_HUGEPAGE, start, size // _HUGE_PAGE * _HUGE_PAGE)
    return np.frombuffer(pages, dtype, count=math.prod(shape), offset=start).reshape(shape)


def in_own_pages(array: Array) -> Array:
    """The array, if it lies row by row in pages such as `empty` gives, else a copy that does."""
    if array.flags.c_contiguous and array.ctypes.data % mmap.PAGESIZE == 0:
        return array
    own = empty(array.shape, array.dtype)
    own[...] = array
    return own


def bytes_of(array: Array) -> memoryview:
    """The memory of a C-order array, without a copy."""
    flat: Any = array.reshape(-1).view(np.uint8)
    return memoryview(flat)
