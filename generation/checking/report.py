"""What a check found, in words and numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Outcome(StrEnum):
    """How a check ended. Skipped: it does not apply, or what it needs is not there."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One check of the files or the networks."""

    name: str
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True)
class Tolerance:
    """The largest difference that passes: absolute, or relative to the golden number. Zero asks for equality."""

    largest: float
    relative: bool = False

    def __str__(self) -> str:
        if not self.largest:
            return "exact"
        return f"{self.largest:g}{' relative' if self.relative else ''}"


EXACT = Tolerance(0.0)

_ROUNDING = 1e-7  # about float32's


@dataclass(frozen=True)
class Comparison:
    """One golden array, or one text case, against ours. `largest_error` is None where nothing could be compared."""

    key: str
    outcome: Outcome
    largest_error: float | None = None
    tolerance: str = ""
    detail: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain types; JSON has no NaN, so an error that is no number is null."""
        error = self.largest_error
        return {
            "key": self.key,
            "outcome": str(self.outcome),
            "passed": self.outcome == Outcome.PASSED if self.outcome != Outcome.SKIPPED else None,
            "largest_error": error if error is not None and math.isfinite(error) else None,
            "tolerance": self.tolerance,
            "detail": self.detail,
        }


@dataclass(frozen=True)
class Report:
    """All that was found. `compared` are golden arrays, `texts` the cases of text files."""

    folder: str
    kind: str
    checks: tuple[Check, ...]
    compared: tuple[Comparison, ...] = ()
    texts: tuple[Comparison, ...] = ()

    @property
    def passed(self) -> bool:
        """Nothing failed."""
        outcomes = [one.outcome for one in self.checks] + [one.outcome for one in (*self.compared, *self.texts)]
        return Outcome.FAILED not in outcomes

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for scripts."""
        return {
            "folder": self.folder,
            "kind": self.kind,
            "passed": self.passed,
            "checks": [{"name": one.name, "outcome": str(one.outcome), "detail": one.detail} for one in self.checks],
            "golden": [one.to_dict() for one in self.compared],
            "text": [one.to_dict() for one in self.texts],
        }


def compare(key: str, ours: Array, golden: Array, tolerance: Tolerance) -> Comparison:
    """Compare two arrays, element by element; NaN on either side fails."""
    if ours.shape != golden.shape:
        detail = f"ours is {ours.shape}, the golden one {golden.shape}"
        return Comparison(key, Outcome.FAILED, None, str(tolerance), detail)
    if golden.dtype.kind not in "biuf":
        return Comparison(key, Outcome.FAILED, None, str(tolerance), f"the golden one holds {golden.dtype}, no numbers")
    expected = golden.astype(np.float64)
    errors = np.abs(ours.astype(np.float64) - expected)
    if tolerance.relative:
        # What is next to nothing beside the largest is rounding: a key's bias, say, has no gradient at all.
        errors = np.where(errors <= _ROUNDING * np.abs(expected).max(initial=0.0), 0.0, errors)
        errors = np.divide(errors, np.abs(expected), out=np.where(errors, np.inf, 0.0), where=expected != 0)
    largest = float(errors.max(initial=0.0))
    outcome = Outcome.PASSED if largest <= tolerance.largest else Outcome.FAILED
    return Comparison(key, outcome, largest, str(tolerance))
