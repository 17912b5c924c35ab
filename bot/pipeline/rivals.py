"""Two models compared by people who do not know which drew what: one draws a share of the candidates of each post."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.records.outcomes import Outcome
from bot.settings import Settings

MARK = "compared"
"""In a candidate's settings: the two models that were compared when it was drawn."""

_Z = 1.959964  # of the normal distribution, for 95%


@dataclass(frozen=True)
class Rate:
    """How often a model's candidates were picked, with its 95% interval."""

    model: str
    shown: int
    picked: int

    @property
    def rate(self) -> float:
        """Picked over shown; 0 while none was shown."""
        return self.picked / self.shown if self.shown else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval (1927), which stays inside 0..1 and is honest for few candidates."""
        if not self.shown:
            return 0.0, 1.0
        n, p = self.shown, self.rate
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Comparison:
    """Both rates, and the 95% interval of the rival's lead (Newcombe's hybrid of the two, 1998)."""

    model: Rate
    rival: Rate

    @property
    def lead(self) -> tuple[float, float]:
        """By how much the rival's rate is higher, at least and at most."""
        low, high = self.model.interval
        rival_low, rival_high = self.rival.interval
        difference = self.rival.rate - self.model.rate
        down = math.hypot(self.rival.rate - rival_low, high - self.model.rate)
        up = math.hypot(rival_high - self.rival.rate, self.model.rate - low)
        return difference - down, difference + up

    @property
    def verdict(self) -> str:
        """What can be said by now."""
        low, high = self.lead
        if low > 0:
            return f"{self.rival.model} is picked more often."
        if high < 0:
            return f"{self.model.model} is picked more often."
        return "Too early to say: go on, or take either."


def drawn_by_rival(post_id: str, seeds: Sequence[int], share: float) -> list[bool]:
    """Which candidates of a post the rival draws, by a hash, so that a draw can be repeated."""
    return [_fraction(f"{post_id} {seed}") < share for seed in seeds]


def shares(settings: Settings, post_id: str, seeds: Sequence[int], chosen: str) -> dict[str, list[int]]:
    """Who draws which seeds: who was chosen for the post draws all; else a rival of the model in use has its share."""
    if chosen or not settings.rival:
        return {chosen: list(seeds)}
    both: dict[str, list[int]] = {"": [], settings.rival: []}
    for seed, is_theirs in zip(seeds, drawn_by_rival(post_id, seeds, settings.rival_share), strict=True):
        both[settings.rival if is_theirs else ""].append(seed)
    return {name: share for name, share in both.items() if share}


def compare(outcomes: Iterable[Outcome], model: str, rival: str) -> Comparison:
    """The rates of two models on the candidates that were drawn while they were compared."""
    counted = [one for one in outcomes if one.settings.get(MARK) == [model, rival]]
    rates = [
        Rate(name, sum(one.model == name for one in counted), sum(one.model == name and one.picked for one in counted))
        for name in (model, rival)
    ]
    return Comparison(*rates)


def _fraction(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
