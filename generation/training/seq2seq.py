"""Training the seq2seq on codes that lie on the device: steps chained in one compiled loop, no input pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from flax import nnx

from generation.dalle.modeling import DalleBart
from generation.training.chained import Progress, Schedule, moving_average, run
from generation.training.checkpoints import load_state
from generation.training.optimisers import muon_and_adamw, rate_at
from generation.training.teacher_forcing import Arithmetic, code_losses, refuse_unsupported

BLANK_SHARE = 0.1
"""Captions replaced by the empty one, which trains the unconditional side of the guidance, as DALL-E Mini does."""

EVALUATION_BATCH = 256


@dataclass(frozen=True)
class Pairs:
    """Captions and their pictures' codes on the device: ids (N, T), their lengths (N,), codes (N, L), all int16."""

    ids: jax.Array
    lengths: jax.Array
    codes: jax.Array

    def __len__(self) -> int:
        return int(self.ids.shape[0])


def train_seq2seq(
    model: DalleBart,
    pairs: Pairs,
    held_out: Pairs,
    blank: tuple[np.ndarray, int],
    schedule: Schedule,
    how: Arithmetic,
    checkpoint: Path | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> DalleBart:
    """Train, and return the model with the moving average of its parameters.

    Args:
        blank: ids and length of the empty caption.
        checkpoint: where the whole state is kept; a run that finds it goes on from there.

    Raises:
        TrainingError: the loss is not a number; the last good checkpoint stays.
    """  # fmt: skip
    refuse_unsupported(model)
    graph, parameters = nnx.split(model, nnx.Param)
    optimiser = muon_and_adamw(_inside_a_layer)
    state = {
        "parameters": jax.tree.map(jnp.array, parameters), "average": jax.tree.map(jnp.array, parameters),
        "optimiser": optimiser.init(parameters), **schedule.counters(),
    }  # fmt: skip
    if checkpoint is not None and checkpoint.exists():
        state = load_state(checkpoint, state)
    evaluate = jax.jit(_evaluator(graph, how))
    state = run(
        state,
        schedule.several(_step(graph, optimiser, blank, schedule, how)),
        (pairs.ids, pairs.lengths, pairs.codes),
        schedule,
        ("loss",),
        lambda state: mean_nats(evaluate, state["average"], held_out),
        checkpoint,
        report,
    )
    return nnx.merge(graph, state["average"])


def held_out_nats(model: DalleBart, pairs: Pairs, how: Arithmetic) -> float:
    """Mean nats a code on these pairs."""
    graph, parameters = nnx.split(model, nnx.Param)
    return mean_nats(jax.jit(_evaluator(graph, how)), parameters, pairs)


def mean_nats(evaluate: Callable[..., jax.Array], parameters: Any, pairs: Pairs) -> float:
    """Mean over all codes, batch by batch; a last part that fills no batch is left out unless it is all there is."""
    batch = min(EVALUATION_BATCH, len(pairs))
    starts = range(0, len(pairs) - batch + 1, batch)
    parts = [slice(start, start + batch) for start in starts]
    return float(np.mean([evaluate(parameters, pairs.ids[p], pairs.lengths[p], pairs.codes[p]) for p in parts]))


def _evaluator(graph: Any, how: Arithmetic) -> Callable[..., jax.Array]:
    def evaluate(parameters: Any, ids: jax.Array, lengths: jax.Array, codes: jax.Array) -> jax.Array:
        model = nnx.merge(graph, parameters)
        return code_losses(model, ids.astype(jnp.int32), _mask(ids, lengths), codes.astype(jnp.int32), how).mean()

    return evaluate


def _step(
    graph: Any,
    optimiser: optax.GradientTransformation,
    blank: tuple[np.ndarray, int],
    schedule: Schedule,
    how: Arithmetic,
) -> Callable[..., tuple[dict[str, Any], jax.Array]]:
    blank_ids, blank_length = jnp.asarray(blank[0], jnp.int32), blank[1]

    def loss_of(parameters: Any, ids: jax.Array, lengths: jax.Array, codes: jax.Array) -> jax.Array:
        return code_losses(nnx.merge(graph, parameters), ids, _mask(ids, lengths), codes, how).mean()

    def step(state: dict[str, Any], data: tuple[jax.Array, ...]) -> tuple[dict[str, Any], jax.Array]:
        ids, lengths, codes = data
        pick, blank_out = jax.random.split(jax.random.fold_in(jax.random.key(schedule.seed), state["step"]))
        rows = jax.random.randint(pick, (schedule.batch,), 0, ids.shape[0])
        blanked = jax.random.uniform(blank_out, (schedule.batch,)) < BLANK_SHARE
        batch_ids = jnp.where(blanked[:, None], blank_ids, ids[rows].astype(jnp.int32))
        batch_lengths = jnp.where(blanked, blank_length, lengths[rows].astype(jnp.int32))
        loss, gradients = jax.value_and_grad(loss_of)(
            state["parameters"], batch_ids, batch_lengths, codes[rows].astype(jnp.int32)
        )
        updates, kept = optimiser.update(gradients, state["optimiser"], state["parameters"])
        rate = rate_at(state["step"], state["total"], peak=schedule.peak_rate, warm_up=schedule.warm_up)
        parameters = jax.tree.map(lambda p, u: p - rate * u, state["parameters"], updates)
        average = moving_average(state["average"], parameters, state["step"], schedule.average)
        new = {**state, "parameters": parameters, "average": average, "optimiser": kept, "step": state["step"] + 1}
        return new, loss

    return step


def _mask(ids: jax.Array, lengths: jax.Array) -> jax.Array:
    return jnp.arange(ids.shape[1])[None] < lengths.astype(jnp.int32)[:, None]


def _inside_a_layer(path: tuple[Any, ...], leaf: jax.Array) -> bool:
    return leaf.ndim == 2 and any(getattr(part, "key", None) == "layers" for part in path)
