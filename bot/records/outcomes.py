"""What people made of the candidates: which were picked of posts that were approved, and which were shown in vain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.records.base import RecordsBase
from bot.records.states import PostState, PublicationState
from bot.records.tables import BriefRow, CandidateRow, Post, PublicationRow


@dataclass(frozen=True)
class Outcome:
    """One candidate of a decided post. `rejected` says that its whole post was; nothing here says whose it was."""

    picture: str
    prompt: str
    model: str
    settings: Mapping[str, Any]
    picked: bool
    rejected: bool


class OutcomeRecords(RecordsBase):
    """Decisions of the past, to learn and to compare from."""

    def outcomes(self) -> list[Outcome]:
        """Every candidate of every approved or rejected post of this workspace, in the order of drawing."""
        decided = (PostState.APPROVED, PostState.REJECTED)
        candidates = (
            select(CandidateRow, BriefRow.body, Post.state)
            .join(Post, Post.id == CandidateRow.post_id)
            .join(BriefRow, BriefRow.id == CandidateRow.brief_id)
            .where(Post.workspace == self.workspace, Post.state.in_(decided))
            .order_by(CandidateRow.created_at, CandidateRow.post_id, CandidateRow.number)
        )
        planned = select(PublicationRow.post_id, PublicationRow.pictures).where(
            PublicationRow.workspace == self.workspace, PublicationRow.state != PublicationState.CANCELLED
        )
        with self.reading() as session:
            picked = {(post, picture) for post, pictures in session.execute(planned) for picture, *_ in pictures}
            return [
                Outcome(
                    picture=row.picture,
                    prompt=str(body.get("prompt", "")),
                    model=row.model,
                    settings=row.settings,
                    picked=state == PostState.APPROVED and (row.post_id, row.picture) in picked,
                    rejected=state == PostState.REJECTED,
                )
                for row, body, state in session.execute(candidates)
            ]
