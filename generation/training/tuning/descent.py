"""What the parts' trainings share: AdamW by the plan's course, gradients averaged over pieces of a batch, and an
average of the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import optax  # type: ignore[import-untyped]

from generation.training.chained import moving_average
from generation.training.optimisers import rate_at
from generation.training.tuning.layers import Parameters
from generation.training.tuning.plan import Course

State = dict[str, Any]
Batch = Mapping[str, jax.Array]
Figures = dict[str, jax.Array]


class Task(Protocol):
    """One part of a model in training."""

    frozen: Parameters
    """What no step changes; handed in again at each call, so that it is not compiled into the program."""

    unit: str
    """What the validation figure counts, such as "nats a code"; lower is better."""

    def begin(self) -> State:
        """The state before the first step: `trained`, `average`, `optimiser`, `step`, and what else the task needs."""

    def step(self, state: State, frozen: Parameters, batch: Batch, total: jax.Array) -> tuple[State, Figures]:
        """One step of so many in `total`; the figures hold `loss` and `gradient`, the norm."""

    def evaluate(self, trained: Parameters, frozen: Parameters, batch: Batch) -> tuple[jax.Array, jax.Array]:
        """The sum of the rows' figures, each times its `weight`, and the sum of the weights."""

    def whole(self, trained: Parameters) -> Parameters:
        """All parameters of the network, as they are after training."""


def adamw(course: Course) -> optax.GradientTransformation:
    """AdamW's directions after clipping, without a rate; matrices decay, norms and biases do not."""
    return optax.chain(
        optax.clip_by_global_norm(course.clip_gradients),
        optax.scale_by_adam(b1=0.9, b2=0.98),
        optax.add_decayed_weights(course.weight_decay, mask=lambda tree: jax.tree.map(lambda x: x.ndim > 1, tree)),
    )


def begin(course: Course, trained: Parameters) -> State:
    """The state that every task has."""
    return {
        "trained": jax.tree.map(jnp.array, trained),
        "average": jax.tree.map(jnp.array, trained),
        "optimiser": adamw(course).init(trained),
        "step": jnp.int32(0),
    }


def descend(course: Course, state: State, gradients: Parameters, total: jax.Array) -> State:
    """The state after one step along the gradients."""
    updates, kept = adamw(course).update(gradients, state["optimiser"], state["trained"])
    rate = rate_at(state["step"], total, peak=course.peak_rate, warm_up=course.warm_up, decay=course.decay)
    trained = jax.tree.map(lambda p, u: p - rate * u, state["trained"], updates)
    average = moving_average(state["average"], trained, state["step"], course.average)
    return {**state, "trained": trained, "average": average, "optimiser": kept, "step": state["step"] + 1}


def averaged(of_piece: Callable[[Batch], Any], batch: Batch, pieces: int) -> Any:
    """The mean of `of_piece` over so many pieces of the batch, one after the other, so that memory holds one.

    Each piece takes every n-th row, which keeps rows on the device that has them.
    """
    if pieces == 1:
        return of_piece(batch)
    cut = {name: x.reshape(-1, pieces, *x.shape[1:]).swapaxes(0, 1) for name, x in batch.items()}
    first = jax.eval_shape(of_piece, {name: x[0] for name, x in cut.items()})
    nothing = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), first)

    def add(total: Any, piece: Batch) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, of_piece(piece)), None

    total, _ = jax.lax.scan(add, nothing, cut)
    return jax.tree.map(lambda x: x / pieces, total)
