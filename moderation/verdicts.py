"""What moderators find, and the verdict that a policy makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple


class Decision(IntEnum):
    """What to do with a text or picture; a larger one is stricter, so `max` combines them."""

    ALLOW = 0
    REVIEW = 1
    BLOCK = 2

    @property
    def word(self) -> str:
        """The decision as policies, records and JSON spell it."""
        return self.name.lower()


class Thresholds(NamedTuple):
    """Scores from `review` on are shown to a person, scores from `block` on are stopped."""

    review: float
    block: float

    def judge(self, score: float) -> Decision:
        """The decision that `score` deserves."""
        if score >= self.block:
            return Decision.BLOCK
        return Decision.REVIEW if score >= self.review else Decision.ALLOW


@dataclass(frozen=True)
class Finding:
    """One thing that a moderator noticed.

    Attributes:
        category: one of `moderation.policy.CATEGORIES`.
        score: 0 (surely not) to 1 (surely so).
        reason: in words, for the person who reviews.
        span: characters `[start, end)` of the text that caused it.
        box: `(left, top, right, bottom)` in pixels of the picture that caused it.
    """

    category: str
    score: float
    reason: str
    span: tuple[int, int] | None = None
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Verdict:
    """One moderator's opinion of one text or picture under one policy.

    Attributes:
        moderator: whose opinion it is, `rules` for instance.
        version: of the moderator's code and data; "" when it could not be loaded.
        where: what was judged: `draft`, `prompt`, `alt text`, `picture`, ...
        scores: the highest score found in each category the moderator knows, 0 to 1.
        thresholds: those that were applied to `scores`, per category.
        decision: the strictest that any category reached.
        reason: why, in words.
        category: the category that caused the decision; "" when nothing was found or the moderator failed.
        span: characters `[start, end)` of the text that caused the decision.
        box: `(left, top, right, bottom)` in pixels of the picture that caused it.
        seconds: how long the moderator took.
    """

    moderator: str
    version: str
    where: str
    scores: Mapping[str, float]
    thresholds: Mapping[str, Thresholds]
    decision: Decision
    reason: str
    category: str = ""
    span: tuple[int, int] | None = None
    box: tuple[int, int, int, int] | None = None
    seconds: float = field(default=0.0, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The verdict in JSON's types, for records and scripts."""
        return {
            "moderator": self.moderator,
            "version": self.version,
            "where": self.where,
            "decision": self.decision.word,
            "reason": self.reason,
            "category": self.category,
            "scores": {category: round(score, 4) for category, score in self.scores.items()},
            "thresholds": {category: list(pair) for category, pair in self.thresholds.items()},
            "span": list(self.span) if self.span else None,
            "box": list(self.box) if self.box else None,
            "seconds": round(self.seconds, 4),
        }


def decide(verdicts: Iterable[Verdict]) -> Decision:
    """The strictest decision among `verdicts`. No verdict at all means that nobody looked: review."""
    return max((verdict.decision for verdict in verdicts), default=Decision.REVIEW)
