"""The decoder's products and attention in C, for CPUs with a compiler at hand; elsewhere XLA's own serve.

XLA packs a weight matrix anew at each product, or wastes most of a vector on few rows, and reads the whole cache at
each step. These kernels read every weight once, in the order in which it lies, and no more of the cache than is filled.
"""

from generation.kernels.compiler import Kernels, load_kernels
from generation.kernels.packed import PackedProduct, attend_in_cache, attend_to_text, pack

__all__ = ["Kernels", "PackedProduct", "attend_in_cache", "attend_to_text", "load_kernels", "pack"]
