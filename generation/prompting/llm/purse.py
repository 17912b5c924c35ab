"""What language models may cost in a day: tokens and money, counted before and after each call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Ledger(Protocol):
    """Whoever remembers what was spent, so that several processes share a day's limits."""

    def spent_today(self) -> tuple[int, float]:
        """Tokens and money spent since the day began."""
        ...

    def note(self, model: str, prompt_tokens: int, answer_tokens: int, cost: float) -> None:
        """Remember what a call took."""
        ...


@dataclass(frozen=True)
class DailyPurse:
    """Watches over a day's spending. A limit of 0 is no limit; prices are for a million tokens.

    Calls under way at the same time do not know of each other, so the limit can be passed by one call of each.
    """

    ledger: Ledger
    token_limit: int = 0
    cost_limit: float = 0.0
    prompt_price: float = 0.0
    answer_price: float = 0.0

    def allows(self, tokens: int) -> bool:
        """Whether a call of about so many tokens stays within today's limits."""
        if not self.token_limit and not self.cost_limit:
            return True
        spent, cost = self.ledger.spent_today()
        cost += tokens * max(self.prompt_price, self.answer_price) / 1e6
        within_tokens = not self.token_limit or spent + tokens <= self.token_limit
        return within_tokens and (not self.cost_limit or cost <= self.cost_limit)

    def spend(self, model: str, prompt_tokens: int, answer_tokens: int) -> float:
        """Note what a call took; returns its cost in the prices' currency."""
        cost = (prompt_tokens * self.prompt_price + answer_tokens * self.answer_price) / 1e6
        self.ledger.note(model, prompt_tokens, answer_tokens, cost)
        return cost
