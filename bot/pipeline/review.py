"""What people decide about candidates, wherever they sit: which may be approved, which is best, yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.errors import Misuse
from bot.records import PostState
from bot.records.tables import CandidateRow, PublicationRow
from bot.records.values import UNSEEN

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from bot.schedule import Timing

UNSHOWN = "may not show"
"""The key among a candidate's settings of what its picture may not show."""


def approve(
    studio: Studio,
    post_id: str,
    picks: Sequence[CandidateRow],
    person: str,
    *,
    carousel: bool = False,
    apart: bool = False,
    timing: Timing | None = None,
    version: int | None = None,
    unseen: bool = False,
) -> list[PublicationRow]:
    """Approve `picks`, arranged as `plan` says; the publications planned. `unseen` says that no person looked.

    `version` is that of the post the person looked at: if it has moved on since, nothing is approved.

    Raises:
        Misuse: if a pick is blocked, or a network would refuse the post.
        Refused: if the post is not in review, or has moved on.
    """
    from bot.pipeline.planning import plan

    if not picks:
        raise Misuse("No picture was picked: pick at least one.")
    if blocked := [row.number for row in picks if is_blocked(row)]:
        raise Misuse(f"Candidate {blocked[0]} is blocked by moderation and cannot be approved; choose another.")
    plans = plan(studio, studio.records.post(post_id), picks, carousel=carousel, apart=apart, timing=timing)
    why = f"candidates {numbers_of(picks)}" + (f", {UNSEEN}" if unseen else "")
    return studio.records.approve(post_id, plans, person, why, version=version)


def reject(studio: Studio, post_id: str, person: str, *, version: int | None = None) -> None:
    """Record that nothing of this goes out.

    Raises:
        Refused: if the post is not in review, or has moved on since `version`.
    """
    studio.records.move_post(
        post_id, PostState.REJECTED, person, "rejected", expected=PostState.REVIEW, version=version
    )


def doubts(row: CandidateRow) -> str:
    """What the alt text names and this picture may not show, in words; empty if nothing is doubted."""
    things = row.settings.get(UNSHOWN, ())
    return f"may not show {', '.join(map(str, things))}" if things else ""


def is_blocked(row: CandidateRow) -> bool:
    """Whether any moderator forbids this picture."""
    return any(verdict["decision"] == "block" for verdict in row.verdicts)


def is_clean(row: CandidateRow) -> bool:
    """Whether every moderator allows this picture."""
    return all(verdict["decision"] == "allow" for verdict in row.verdicts)


def best_of(candidates: Sequence[CandidateRow]) -> CandidateRow | None:
    """The highest score among the clean pictures, else among those that a person may still approve."""
    allowed = [row for row in candidates if is_clean(row)] or [row for row in candidates if not is_blocked(row)]
    return max(allowed, key=lambda row: row.score, default=None)


def numbers_of(picks: Sequence[CandidateRow]) -> str:
    """The numbers of the picks, such as `1, 3`."""
    return ", ".join(str(row.number) for row in picks)
