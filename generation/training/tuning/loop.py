"""The loop of a fine-tuning: load, step, look, validate, keep; ended by its steps, by patience or by a bad figure."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

from generation.training.data.loading import Change, Examples, batches, once
from generation.training.errors import TrainingError
from generation.training.pace import UNKNOWN_TOTAL, Pace
from generation.training.tuning.curves import Curves
from generation.training.tuning.descent import State, Task
from generation.training.tuning.devices import Devices
from generation.training.tuning.keeping import Checkpoints
from generation.training.tuning.layers import Parameters
from generation.training.tuning.plan import Course

_NAMED_ROWS = 8


@dataclass(frozen=True)
class Progress:
    """What the person at the terminal sees; `steps` is 0 until the speed is known."""

    part: str
    step: int
    steps: int
    loss: float
    validation: float | None
    unit: str
    pictures_a_second: float


@dataclass(frozen=True)
class Lesson:
    """What is learned from: examples to train on and to stop by, and how to name a row to a person."""

    train: Examples
    validation: Examples
    describe: Callable[[int], str]
    change: Change | None = None


@dataclass(frozen=True)
class Learned:
    """What came of it: the parameters that validated best, at which step, and every figure on the way."""

    parameters: Parameters
    best_step: int
    curve: Sequence[dict[str, Any]]


class Training:
    """One part's training, in a folder of its own: `checkpoints/`, `best/`, `curve.jsonl` and `events/`."""

    def __init__(
        self,
        part: str,
        task: Task,
        lesson: Lesson,
        course: Course,
        seed: int,
        devices: Devices,
        folder: Path,
        belongs_to: str,
        report: Callable[[Progress], None],
    ) -> None:
        devices.refuse_unfit(part, course.batch, course.accumulate)
        if devices.share.of > 1 and not course.steps:
            raise TrainingError(f"{part}.steps must be named where several processes train: their clocks differ.")
        self._part, self._task, self._lesson, self._course = part, task, lesson, course
        self._devices, self._folder, self._report = devices, folder, report
        self._frozen = devices.place(task.frozen)
        self._loader = batches(lesson.train, course.batch, seed, devices.share, lesson.change)
        self._checkpoints = Checkpoints(folder / "checkpoints", belongs_to)
        self._belongs_to = belongs_to
        shardings = (devices.everywhere, devices.everywhere)
        self._step = jax.jit(task.step, donate_argnums=0, out_shardings=shardings)
        self._evaluate = jax.jit(task.evaluate, out_shardings=shardings)
        self._total = course.steps or UNKNOWN_TOTAL
        self._best = {"step": -1, "figure": math.inf}
        self._idle = 0

    def run(self) -> Learned:
        """Train to the end, from where an earlier run was stopped.

        Raises TrainingError where a figure is no number; the last good checkpoint stays. So it does where the
        parameters that validated best are gone.
        """
        state = self._devices.place(self._task.begin())
        state, began_at = self._taken_up(state)
        best = self._best_folder(fresh=began_at == 0)
        if began_at and best.kept_step() is None:
            raise self._best_is_gone()
        events = self._folder / "events"
        curves = Curves(self._folder / "curve.jsonl", events, began_at) if self._devices.leads else None
        try:
            self._train(state, began_at, best, curves)
            found = best.newest({"average": self._devices.place(self._task.begin()["trained"])})
            if found is None:
                raise self._best_is_gone()
            rows = curves.rows if curves is not None else []
            return Learned(found.state["average"], found.step, rows)
        finally:
            for opened in (curves, best, self._checkpoints):
                if opened is not None:
                    opened.close()

    def _best_is_gone(self) -> TrainingError:
        return TrainingError(
            f"{self._folder / 'best'}: what validated best is not there any more. Put the folder back, or remove "
            f"{self._folder} to train this part anew."
        )

    def _taken_up(self, state: State) -> tuple[State, int]:
        kept = self._checkpoints.newest(state)
        if kept is None:
            return state, 0
        self._loader.set_state(kept.notes["loader"])
        self._total, self._best, self._idle = (kept.notes[name] for name in ("total", "best", "idle"))
        return kept.state, kept.step

    def _best_folder(self, *, fresh: bool) -> Checkpoints:
        folder = self._folder / "best"
        if fresh and self._devices.leads:
            shutil.rmtree(folder, ignore_errors=True)
        if self._devices.share.of > 1:
            multihost_utils.sync_global_devices(f"{self._part} begins")
        return Checkpoints(folder, self._belongs_to, keep=1)

    def _train(self, state: State, step: int, best: Checkpoints, curves: Curves | None) -> None:
        pace, first, waiting = Pace(self._course.minutes), step, None
        while step < self._total and not self._is_patience_over():
            batch = next(self._loader)
            places = batch.pop("place")
            state, figures = self._step(state, self._frozen, self._devices.rows(batch), np.int32(self._total))
            step += 1
            # Looked at one step late, so that the devices never wait for this process.
            self._look_at(waiting, curves, None, first, pace.began)
            waiting = (step, places, figures)
            if pace.is_due(step - first):
                figures["loss"].block_until_ready()
            left = pace.calls_left(step - first)
            if left is not None and self._total == UNKNOWN_TOTAL:
                self._total = step + left
            if step % self._course.validate_every == 0 or step == self._total:
                self._refuse_bad(waiting)
                figure = self._validate(state)
                self._look_at(waiting, curves, figure, first, pace.began)
                waiting = None
                self._keep(step, state, figure, best)
        self._look_at(waiting, curves, None, first, pace.began)

    def figure(self, parameters: Parameters, examples: Examples) -> float:
        """The task's figure on all of the examples, each once."""
        size = -(-min(self._course.batch, len(examples)) // self._devices.count) * self._devices.count
        total = weights = 0.0
        for batch in once(examples, size):
            rows = self._devices.rows(self._devices.mine(batch))
            part, weight = self._evaluate(parameters, self._frozen, rows)
            total, weights = total + float(part), weights + float(weight)
        return total / weights

    def _validate(self, state: State) -> float:
        figure = self.figure(state["average"], self._lesson.validation)
        if not math.isfinite(figure):
            raise TrainingError(f"{self._part}: the validation figure is {figure}; lower peak_rate in another --work.")
        return figure

    def _keep(self, step: int, state: State, figure: float, best: Checkpoints) -> None:
        if figure < self._best["figure"]:
            self._best, self._idle = {"step": step, "figure": figure}, 0
            best.save(step, {"average": state["average"]}, {})
        else:
            self._idle += 1
        notes = {
            "loader": self._loader.get_state(), "total": self._total, "best": self._best, "idle": self._idle,
        }  # fmt: skip
        self._checkpoints.save(step, state, notes)

    def _is_patience_over(self) -> bool:
        return 0 < self._course.patience <= self._idle

    def _look_at(self, waiting: Any, curves: Curves | None, validation: float | None, first: int, began: float) -> None:
        """Take a step's figures from the device, refuse what is no number, and pass the rest on."""
        if waiting is None:
            return
        step, _, figures = waiting
        self._refuse_bad(waiting)
        values = {name: float(value) for name, value in figures.items()}
        if validation is not None:
            values["validation"] = validation
        speed = (step - first) * self._course.batch / max(time.monotonic() - began, 1e-9)
        if curves is not None:
            curves.add(step, values)
        steps = 0 if self._total == UNKNOWN_TOTAL else self._total
        self._report(Progress(self._part, step, steps, values["loss"], validation, self._task.unit, speed))

    def _refuse_bad(self, waiting: Any) -> None:
        step, places, figures = waiting
        for name, value in figures.items():
            if not np.isfinite(float(value)):
                rows = "; ".join(self._lesson.describe(int(place)) for place in places[:_NAMED_ROWS])
                kept = self._checkpoints.kept_step()
                after = f"The checkpoint of step {kept} is kept." if kept else "No checkpoint was kept yet."
                raise TrainingError(
                    f"{self._part}: the {name} is {float(value)} at step {step}. Its batch began with {rows}. {after} "
                    "Look at these rows, or lower peak_rate and train in another --work."
                )
