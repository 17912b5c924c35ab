"""What language models may cost in a day: tokens and money, counted before and after each call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol


class Purse(Protocol):
    """Whoever watches over the spending; `bot` may keep it in its database."""

    def allows(self, tokens: int) -> bool:
        """Whether a call of about so many tokens may be made."""
        ...

    def spend(self, prompt_tokens: int, answer_tokens: int) -> float:
        """Note what a call took; returns its cost in the price's currency."""
        ...


def today() -> date:
    """The day in UTC, at whose end the count starts anew."""
    return datetime.now(UTC).date()


@dataclass
class DailyPurse:
    """Counts in memory, for one process. A limit of 0 is no limit; prices are for a million tokens."""

    token_limit: int = 0
    cost_limit: float = 0.0
    prompt_price: float = 0.0
    answer_price: float = 0.0
    day: Callable[[], date] = today
    _spent: tuple[date | None, int, float] = field(default=(None, 0, 0.0), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def allows(self, tokens: int) -> bool:
        """Whether so many more tokens stay within today's limits."""
        with self._lock:
            _, spent, cost = self._today()
            cost += tokens * max(self.prompt_price, self.answer_price) / 1e6
            within_tokens = not self.token_limit or spent + tokens <= self.token_limit
            return within_tokens and (not self.cost_limit or cost <= self.cost_limit)

    def spend(self, prompt_tokens: int, answer_tokens: int) -> float:
        """Add to today's count; returns the cost of this call."""
        cost = (prompt_tokens * self.prompt_price + answer_tokens * self.answer_price) / 1e6
        with self._lock:
            day, tokens, spent = self._today()
            self._spent = (day, tokens + prompt_tokens + answer_tokens, spent + cost)
        return cost

    def _today(self) -> tuple[date | None, int, float]:
        if self._spent[0] != self.day():
            self._spent = (self.day(), 0, 0.0)
        return self._spent
