"""What people made of the verdicts, as moderation's feedback counts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.records import Records
    from moderation import Policy, Thresholds
    from moderation.feedback import Override


def overrides(records: Records) -> Iterator[Override]:
    """Every verdict that a person decided on. One that failed, and so scored nothing, says nothing."""
    for verdict, approved in records.judged():
        if verdict.get("scores"):
            yield override(verdict, approved)


def override(verdict: Mapping[str, Any], approved: bool) -> Override:
    """A verdict as it lies in the records, with what a person decided."""
    from moderation import Decision
    from moderation.feedback import Override

    scores = verdict["scores"]
    category = verdict.get("category") or max(scores, key=scores.__getitem__)
    return Override(
        moderator=str(verdict["moderator"]),
        category=str(category),
        score=float(scores.get(category, 0.0)),
        decision=Decision[str(verdict["decision"]).upper()],
        approved=approved,
    )


def thresholds_in_use(policy: Policy) -> dict[tuple[str, str], Thresholds]:
    """The base thresholds of each moderator that looks, in each category."""
    from moderation.policy import CATEGORIES

    names = dict.fromkeys((*policy.text, *policy.pictures))
    return {(name, category): policy.thresholds(name, category) for name in names for category in CATEGORIES}
