"""What a training leaves to look at: one JSON line a step, and the same as event files that TensorBoard reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Curves:
    """The figures of one part's training, taken up again at any step: later ones of an earlier run are forgotten."""

    def __init__(self, file: Path, events: Path, from_step: int) -> None:
        from tensorboardX import SummaryWriter

        self.rows = [row for row in read_curve(file) if row["step"] <= from_step]
        self._file = file
        part = file.with_suffix(".part")
        part.write_text("".join(json.dumps(row) + "\n" for row in self.rows), "utf-8")
        part.replace(file)
        self._writer = SummaryWriter(str(events), purge_step=from_step + 1 if from_step else None)

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Keep the figures of one step."""
        row = {"step": step, **figures}
        self.rows.append(row)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def read_curve(file: Path) -> list[dict[str, Any]]:
    """The rows of a curve; a last line that a killed process left half-written is dropped."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    rows = []
    for line in lines:
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows
