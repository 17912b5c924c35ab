"""Verdicts in words, such as `picture: fine 0.02` or `text: insult 0.71, needs a second look`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Verdict = Mapping[str, Any]

ORDER = {"allow": 0, "review": 1, "block": 2}
ENDINGS = {"review": ", needs a second look", "block": ", blocked"}


def verdict_words(what: str, verdicts: Sequence[Verdict]) -> str:
    """The strictest verdict on something, in words; of equally strict ones, the one with the highest score."""
    if not verdicts:
        return f"{what}: nobody looked, needs a second look"
    worst = max(verdicts, key=lambda verdict: (ORDER.get(verdict["decision"], 1), top(verdict)))
    if worst["decision"] == "allow":
        return f"{what}: fine {top(worst):.2f}"
    category = worst.get("category") or ""
    found = f"{category} {worst['scores'].get(category, top(worst)):.2f}" if category else worst["reason"]
    return f"{what}: {found}{ENDINGS.get(worst['decision'], '')}"


def top(verdict: Verdict) -> float:
    """The highest score of any category."""
    return float(max(verdict["scores"].values(), default=0.0))
