"""Rate limits: so many calls a minute for a method, and a message a second for a channel.

https://docs.slack.dev/apis/web-api/rate-limits
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute of Slack's tiers; "20+" and so on, so these are the strictest that an app may meet."""

POSTING = 0
"""The special tier of chat.postMessage: one a second for each channel."""

MINUTE = 60.0


@dataclass
class Bucket:
    """Calls that may be made at once; one more every `seconds`."""

    most: int
    seconds: float
    level: float = field(init=False)
    at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.level = float(self.most)

    def take(self) -> int:
        """Zero, or for how many seconds there is none left."""
        now = time.monotonic()
        self.level = min(self.most, self.level + (now - self.at) / self.seconds)
        self.at = now
        if self.level < 1:
            return math.ceil((1 - self.level) * self.seconds)
        self.level -= 1
        return 0


class Limits:
    """What has been used of each limit."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def take(self, method: str, tier: int, channel: str, post_burst: int) -> int:
        """Count a call; the seconds to wait where it is one too many."""
        if tier == POSTING:
            return self._bucket((method, channel), 1 + post_burst, 1.0).take()
        most = PER_MINUTE[tier]
        return self._bucket((method, ""), most, MINUTE / most).take()

    def forget(self) -> None:
        """Begin anew."""
        self._buckets.clear()

    def _bucket(self, key: tuple[str, str], most: int, seconds: float) -> Bucket:
        if key not in self._buckets:
            self._buckets[key] = Bucket(most, seconds)
        return self._buckets[key]
