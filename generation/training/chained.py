"""The loop of doodle's stages: steps chained on the device, many to a call, until steps or minutes are spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from generation.training.checkpoints import save_state
from generation.training.errors import TrainingError
from generation.training.pace import UNKNOWN_TOTAL, Pace

State = dict[str, Any]

_SECONDS_BETWEEN_EVALUATIONS = 20


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: ``steps`` in all, or 0 to fit ``minutes`` by the speed measured at the start."""

    batch: int = 512
    peak_rate: float = 1.5e-3
    warm_up: int = 200
    steps: int = 0
    minutes: float = 10.0
    average: float = 0.999
    steps_a_call: int = 25
    seed: int = 0

    def counters(self) -> State:
        """The part of a state that counts: the next step, and how many there will be, once that is known."""
        return {"step": jnp.int32(0), "total": jnp.int32(self.steps or UNKNOWN_TOTAL)}

    def several(self, step: Callable[..., tuple[State, Any]]) -> Callable[..., tuple[State, Any]]:
        """One compiled call of `steps_a_call` steps of ``step(state, data)``; the state's memory is used again."""

        def call(state: State, data: Any) -> tuple[State, Any]:
            return jax.lax.scan(lambda s, _: step(s, data), state, None, length=self.steps_a_call)

        return jax.jit(call, donate_argnums=0)


@dataclass(frozen=True)
class Progress:
    """What the person at the terminal sees; ``figures`` are means over the last call."""

    step: int
    steps: int
    figures: Mapping[str, float]
    held_out: float | None
    samples_a_second: float
    seconds: float


def moving_average(average: Any, parameters: Any, step: jax.Array, most: float) -> Any:
    """The average of parameters after ``step`` steps; it follows fast at first, and forgets the start."""
    weight = jnp.minimum(most, (1 + step) / (10 + step))
    return jax.tree.map(lambda a, p: weight * a + (1 - weight) * p, average, parameters)


def run(
    state: State,
    advance: Callable[..., tuple[State, Any]],
    data: Any,
    schedule: Schedule,
    names: Sequence[str],
    held_out: Callable[[State], float] | None = None,
    checkpoint: Path | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> State:
    """Call ``advance(state, data) -> (state, figures (steps, names))`` until the schedule is spent.

    Every 20 seconds and at the end the held-out figure is taken and the state is kept in ``checkpoint``.

    Raises:
        TrainingError: a figure is not a number; the last good checkpoint stays.
    """
    pace, calls, evaluated = Pace(schedule.minutes), 0, time.monotonic()
    while int(state["step"]) < int(state["total"]):
        state, figures = advance(state, data)
        calls += 1
        found = np.asarray(figures).reshape(schedule.steps_a_call, len(names)).mean(0)
        if not np.isfinite(found).all():
            raise TrainingError(
                f"the {names[int(np.argmin(np.isfinite(found)))]} is no number at step {int(state['step'])}; "
                f"lower the rate and go on from {checkpoint}"
            )
        now = time.monotonic()
        left = pace.calls_left(calls)
        if left is not None and not schedule.steps:
            total = int(state["step"]) + left * schedule.steps_a_call
            state = {**state, "total": jnp.int32(total)}
        step, total = int(state["step"]), int(state["total"])
        figure = None
        if now - evaluated > _SECONDS_BETWEEN_EVALUATIONS or step >= total:
            figure = held_out(state) if held_out is not None else None
            evaluated = time.monotonic()
            if checkpoint is not None:
                save_state(checkpoint, state)
        speed = pace.timed(calls) * schedule.steps_a_call * schedule.batch / max(now - pace.timed_from, 1e-9)
        told = dict(zip(names, found.tolist(), strict=True))
        report(Progress(step, total, told, figure, speed, now - pace.began))
    return state
