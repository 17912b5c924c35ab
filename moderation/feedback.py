"""What approvers made of the verdicts: how often they disagreed, and which thresholds would have pleased them.

Pure functions over rows that the bot keeps. Nothing is changed here: `calibrate` proposes, a person confirms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from moderation.verdicts import Decision, Thresholds

FEWEST_ROWS = 20
"""Fewer judgements than this say nothing about a threshold."""

LARGEST_MISS_RATE = 0.05
"""The share of what people reject that a proposed review threshold may let through."""

LARGEST_REVIEW_SHARE = 0.5
"""The share of what people approve that a proposed threshold may show them."""

CANDIDATE_STEP = 0.01
HIGHEST_CANDIDATE = 1.0


@dataclass(frozen=True)
class Override:
    """One verdict, and what a person then decided.

    Attributes:
        moderator: whose verdict it was.
        category: the category with the highest score, or the one that caused the decision.
        score: that score, 0 to 1.
        decision: what the moderator's thresholds made of it.
        approved: whether a person let the text or picture go out.
    """

    moderator: str
    category: str
    score: float
    decision: Decision
    approved: bool

    @property
    def disagrees(self) -> bool:
        """Whether the person decided otherwise; a review that ends either way is what a review is for."""
        if self.decision is Decision.BLOCK:
            return self.approved
        return self.decision is Decision.ALLOW and not self.approved


@dataclass(frozen=True)
class Agreement:
    """How one moderator did in one category.

    Attributes:
        moderator, category: whose and where.
        judged: verdicts that a person then decided on.
        stopped_wrongly: blocked, but a person let it pass.
        let_through: allowed, but a person rejected it.
        reviews, approved_reviews: shown to a person, and of these approved: the price of caution.
    """

    moderator: str
    category: str
    judged: int
    stopped_wrongly: int
    let_through: int
    reviews: int
    approved_reviews: int

    @property
    def disagreement(self) -> float:
        """The share of verdicts with which people disagreed."""
        return (self.stopped_wrongly + self.let_through) / self.judged

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return {**asdict(self), "disagreement": round(self.disagreement, 4)}


@dataclass(frozen=True)
class Proposal:
    """Thresholds that would have done better, with the counts that justify them.

    Attributes:
        moderator, category: whose and where.
        now, proposed: the thresholds.
        judged, rejected: verdicts that a person decided on, and of these rejected.
        reviews_now, reviews_proposed: how many would have been shown to a person.
        missed_now, missed_proposed: how many of the rejected would have passed unseen.
    """

    moderator: str
    category: str
    now: Thresholds
    proposed: Thresholds
    judged: int
    rejected: int
    reviews_now: int
    reviews_proposed: int
    missed_now: int
    missed_proposed: int

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return {**asdict(self), "now": list(self.now), "proposed": list(self.proposed)}

    def to_toml(self) -> str:
        """The lines for config/moderation.toml."""
        pair = f"{{ review = {self.proposed.review:g}, block = {self.proposed.block:g} }}"
        return f"[thresholds.{self.moderator}]\n{self.category} = {pair}"


def report(overrides: Iterable[Override]) -> list[Agreement]:
    """How often people disagreed with each moderator in each category, the worst first."""
    rows = [_agreement(moderator, category, group) for (moderator, category), group in _grouped(overrides).items()]
    return sorted(rows, key=lambda row: (-row.disagreement, -row.judged, row.moderator, row.category))


def calibrate(overrides: Iterable[Override], thresholds: Mapping[tuple[str, str], Thresholds]) -> list[Proposal]:
    """Better thresholds where there are enough judgements of both kinds to justify them.

    The review threshold becomes the highest that lets through at most 5% of what people rejected, unless that shows
    them more than half of what they approve; the block threshold the lowest above everything that they approved.

    Args:
        overrides: verdicts with what people decided.
        thresholds: those in use, by moderator and category; others are left alone.
    """
    proposals = []
    for (moderator, category), group in _grouped(overrides).items():
        now = thresholds.get((moderator, category))
        if now and len(group) >= FEWEST_ROWS and 0 < sum(row.approved for row in group) < len(group):
            proposal = _propose(moderator, category, group, now)
            if proposal.proposed != now:
                proposals.append(proposal)
    return proposals


def with_thresholds(text: str, proposal: Proposal) -> str:
    """The text of a policy file with the proposed thresholds in it; everything else stays as it stands."""
    table, line = proposal.to_toml().split("\n")
    lines = text.splitlines()
    if table not in lines:
        return "\n".join([*lines, "", table, line, ""])
    start = lines.index(table) + 1
    end = next((index for index in range(start, len(lines)) if lines[index].startswith("[")), len(lines))
    known = [index for index in range(start, end) if lines[index].partition("=")[0].strip() == proposal.category]
    place = known[0] if known else start
    return "\n".join([*lines[:place], line, *lines[place + len(known[:1]) :], ""])


def _grouped(overrides: Iterable[Override]) -> dict[tuple[str, str], list[Override]]:
    groups: dict[tuple[str, str], list[Override]] = defaultdict(list)
    for row in overrides:
        groups[row.moderator, row.category].append(row)
    return groups


def _agreement(moderator: str, category: str, group: Sequence[Override]) -> Agreement:
    reviews = [row for row in group if row.decision is Decision.REVIEW]
    return Agreement(
        moderator=moderator,
        category=category,
        judged=len(group),
        stopped_wrongly=sum(row.disagrees and row.approved for row in group),
        let_through=sum(row.disagrees and not row.approved for row in group),
        reviews=len(reviews),
        approved_reviews=sum(row.approved for row in reviews),
    )


def _propose(moderator: str, category: str, group: Sequence[Override], now: Thresholds) -> Proposal:
    rejected = [row.score for row in group if not row.approved]
    approved = [row.score for row in group if row.approved]
    may_miss = int(LARGEST_MISS_RATE * len(rejected))
    steps = [round(step * CANDIDATE_STEP, 2) for step in range(1, int(HIGHEST_CANDIDATE / CANDIDATE_STEP) + 1)]
    review = max((step for step in steps if _below(rejected, step) <= may_miss), default=steps[0])
    if _from(approved, review) > LARGEST_REVIEW_SHARE * len(approved):
        review = now.review  # the moderator cannot tell the two apart here
    block = min((step for step in steps if step > max(approved) and step >= review), default=now.block)
    if now.block > HIGHEST_CANDIDATE or not _from(rejected, block):
        block = max(now.block, review)  # a moderator that a person keeps from blocking stays so
    return Proposal(
        moderator=moderator,
        category=category,
        now=now,
        proposed=Thresholds(review, block),
        judged=len(group),
        rejected=len(rejected),
        reviews_now=_from(rejected + approved, now.review) - _from(rejected + approved, now.block),
        reviews_proposed=_from(rejected + approved, review) - _from(rejected + approved, block),
        missed_now=_below(rejected, now.review),
        missed_proposed=_below(rejected, review),
    )


def _below(scores: Sequence[float], threshold: float) -> int:
    return sum(score < threshold for score in scores)


def _from(scores: Sequence[float], threshold: float) -> int:
    return len(scores) - _below(scores, threshold)
