"""LoRA (arXiv 2106.09685): W + scale A B for each chosen matrix W (in, out), of which only the thin A and B learn.

B begins at zero, so training begins with the parent's numbers. The product is added before the network is put together,
which any network here allows; the bundle that comes out holds the sum, and draws as fast as its parent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp

from generation.training.tuning.layers import Parameters

FIRST, SECOND = ":lora_a", ":lora_b"


def begin(parameters: Parameters, chosen: set[str], rank: int, seed: int) -> Parameters:
    """A (in, rank) ~ N(0, 1 / in) and B (rank, out) = 0 for each dense kernel among the chosen."""
    adapters: Parameters = {}
    kernels = sorted(name for name in chosen if name.endswith("/kernel") and parameters[name].ndim == 2)
    for index, name in enumerate(kernels):
        rows, columns = parameters[name].shape
        key = jax.random.fold_in(jax.random.key(seed), index)
        adapters[name + FIRST] = jax.random.normal(key, (rows, rank), jnp.float32) / math.sqrt(rows)
        adapters[name + SECOND] = jnp.zeros((rank, columns), jnp.float32)
    return adapters


def merged(frozen: Mapping[str, jax.Array], trained: Mapping[str, jax.Array], scale: float) -> Parameters:
    """All parameters of the network: frozen ones, trained ones in their place, adapters added to their matrices."""
    together = dict(frozen)
    for name, value in trained.items():
        if name.endswith(FIRST):
            matrix = name.removesuffix(FIRST)
            product = value @ trained[matrix + SECOND]
            together[matrix] = together[matrix] + (scale * product).astype(together[matrix].dtype)
        elif not name.endswith(SECOND):
            together[name] = value
    return together
