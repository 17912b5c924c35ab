"""The decoder's products, attention and norms in C, for CPUs with a compiler at hand; elsewhere XLA's own serve.

XLA packs a weight matrix anew at each product, or wastes most of a vector on few rows, and reads the whole cache at
each step. These kernels read every weight once, in the order in which it lies, and no more of the cache than is filled.
"""

from generation.kernels.compiler import Kernels, NoKernels, find_kernels, load_kernels
from generation.kernels.packed import (
    PackedProduct,
    attend_in_cache,
    attend_to_text,
    empty_caches,
    normalise_rows,
    pack,
)

__all__ = [
    "KERNELS_FOLDER",
    "Kernels",
    "NoKernels",
    "PackedProduct",
    "attend_in_cache",
    "attend_to_text",
    "empty_caches",
    "find_kernels",
    "load_kernels",
    "normalise_rows",
    "pack",
]

KERNELS_FOLDER = "kernels"  # beside the compiled programs
