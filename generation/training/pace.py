"""How many steps fit into the minutes of a training, by the speed of its first ones."""

from __future__ import annotations

import time

UNKNOWN_TOTAL = 1 << 30
"""Stands for the number of steps until that is known."""

_FROM, _TO = 2, 6
"""Calls between which the speed is measured: the first compiles, the second warms up."""


class Pace:
    """A clock that begins with the training; `timed_from` is when its measured calls began."""

    def __init__(self, minutes: float) -> None:
        self._minutes = minutes
        self.began = self.timed_from = time.monotonic()

    def is_due(self, calls: int) -> bool:
        """Whether the clock is read after so many calls, for which these have to be done on the device too."""
        return calls in (_FROM, _TO)

    def calls_left(self, calls: int) -> int | None:
        """How many more calls fit, at the one after which that is known; None at any other."""
        now = time.monotonic()
        if calls == _FROM:
            self.timed_from = now
        if calls != _TO:
            return None
        left = self._minutes * 60 - (now - self.began)
        return max(1, int(left / (now - self.timed_from) * (_TO - _FROM)))

    def timed(self, calls: int) -> int:
        """How many of so many calls were made since `timed_from`."""
        return max(0, calls - _FROM)
