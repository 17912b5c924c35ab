"""Parameters of networks: made with values to train from, or only shaped, for a file's values to fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from flax import nnx

Array = jax.Array


def parameter(
    rngs: nnx.Rngs | None, shape: tuple[int, ...], dtype: Any, initial: Callable[..., Array]
) -> nnx.Param[Any]:
    """A parameter that begins as `initial(key, shape, dtype)`; without `rngs` only its shape and type are known.

    Tracing the random numbers of a network that a file fills anyway would take a second of every start.
    """
    if rngs is None:
        return nnx.Param(jax.ShapeDtypeStruct(shape, dtype))  # type: ignore[no-untyped-call]
    return nnx.Param(initial(rngs.params(), shape, dtype))


def normal(deviation: float) -> Callable[..., Array]:
    """Begin with normal numbers of this standard deviation."""
    return lambda key, shape, dtype: jax.random.normal(key, shape, dtype) * deviation


zeros = jax.nn.initializers.zeros
ones = jax.nn.initializers.ones
