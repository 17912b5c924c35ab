"""Approval unseen: for posts of trusted people in which moderation found nothing. Off until an admin names some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.pipeline.review import approve, best_of
from bot.pipeline.studio import Studio
from bot.records import PostState
from bot.records.tables import CandidateRow
from bot.records.values import EASEL
from bot.roles import Rules
from bot.slack.inbox import user_of
from bot.slack.story import Story


def trusted_pick(story: Story, rules: Rules) -> CandidateRow | None:
    """The candidate that may go out unseen; None where a person has to look.

    The first pictures of a post only: whoever asked for others, or edited it, is looking.
    """
    is_first = len(story.newest) == len(story.candidates) and not any(
        row.to_state == PostState.APPROVED for row in story.audit
    )
    if story.post.state != PostState.REVIEW or story.drawing is not None or not is_first or story.brief is None:
        return None
    if not rules.trusts(user_of(story.post.requested_by)):
        return None
    pick = best_of(story.newest)
    if pick is None or not is_spotless([*story.brief.verdicts, *pick.verdicts], rules.trusted_score):
        return None
    return pick


def is_spotless(verdicts: Sequence[Mapping[str, Any]], most: float) -> bool:
    """Whether somebody looked, everybody allows, and every score is under `most`."""
    return bool(verdicts) and all(
        verdict["decision"] == "allow" and all(score < most for score in verdict["scores"].values())
        for verdict in verdicts
    )


def approve_unseen(studio: Studio, story: Story, pick: CandidateRow) -> None:
    """Approve the pick, and say in the audit that nobody looked.

    Raises:
        EaselError: if somebody was faster, or a network would refuse the post; then it waits for a person.
    """
    approve(studio, story.post.id, [pick], EASEL, version=story.version, unseen=True)
