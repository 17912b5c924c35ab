"""What people decided about what moderators had judged, and the pictures that they turned down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.records.base import RecordsBase
from bot.records.states import PostState
from bot.records.tables import AuditRow, BriefRow, CandidateRow, Post, PublicationRow
from bot.records.values import EASEL, UNSEEN

MOST_POSTS = 5_000
"""Decided posts that are counted: the newest."""

MOST_REJECTED = 2_000
"""Rejected pictures that a new one is compared with: the newest."""


class JudgementRecords(RecordsBase):
    """The decisions of people over the verdicts of moderators, in one workspace."""

    def judged(self) -> Iterator[tuple[dict[str, Any], bool]]:
        """Each verdict on a text or picture that a person then let go out (True) or turned down (False)."""
        with self.reading() as session:
            posts = session.execute(
                select(Post.id, Post.state)
                .where(Post.workspace == self.workspace, Post.state.in_((PostState.APPROVED, PostState.REJECTED)))
                .order_by(Post.created_at.desc())
                .limit(MOST_POSTS)
            ).all()
            for post_id, state in posts:
                if decided_by_a_person(session, post_id, state):
                    yield from verdicts_of(session, post_id, approved=state == PostState.APPROVED)

    def rejected_fingerprints(self) -> dict[int, str]:
        """The fingerprints of the pictures of rejected posts, with the post that each was drawn for."""
        query = (
            select(CandidateRow.fingerprint, CandidateRow.post_id)
            .join(Post, Post.id == CandidateRow.post_id)
            .join(AuditRow, (AuditRow.subject == Post.id) & (AuditRow.to_state == PostState.REJECTED))
            .where(
                Post.workspace == self.workspace,
                Post.state == PostState.REJECTED,
                AuditRow.person != EASEL,  # who gives up what nobody decided; that is no judgement
                CandidateRow.fingerprint.is_not(None),
            )
            .order_by(CandidateRow.created_at.desc())
            .limit(MOST_REJECTED)
        )
        with self.reading() as session:
            rows = session.execute(query).all()
        return {int(seen, 16): f"a picture of {post_id}, which was rejected" for seen, post_id in rows if seen}


def decided_by_a_person(session: Session, post_id: str, state: str) -> bool:
    """Whether it was a person, and one who looked, that moved the post where it is."""
    query = select(AuditRow).where(AuditRow.subject == post_id, AuditRow.to_state == state)
    move = session.scalars(query.order_by(AuditRow.id.desc()).limit(1)).first()
    return move is not None and move.person != EASEL and not move.why.endswith(UNSEEN)


def verdicts_of(session: Session, post_id: str, *, approved: bool) -> Iterator[tuple[dict[str, Any], bool]]:
    """The verdicts on what was approved (the picks and their briefs), or on all that was rejected."""
    sent = session.scalars(select(PublicationRow.pictures).where(PublicationRow.post_id == post_id))
    picked = {picture for pictures in sent for picture, _ in pictures}
    candidates = session.scalars(select(CandidateRow).where(CandidateRow.post_id == post_id)).all()
    chosen = [row for row in candidates if not approved or row.picture in picked]
    briefs = session.scalars(select(BriefRow).where(BriefRow.id.in_({row.brief_id for row in chosen})))
    for row in (*chosen, *briefs):
        yield from ((verdict, approved) for verdict in row.verdicts)
