"""What was understood of a post and what was drawn for it: every brief and every candidate, none ever changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from bot.records.base import RecordsBase
from bot.records.tables import BriefRow, CandidateRow
from bot.records.values import Drawn, new_id


class CandidateRecords(RecordsBase):
    """Briefs, and the candidates that were drawn by them."""

    def add_brief(self, post_id: str, body: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> BriefRow:
        """Keep one version of the brief with the verdicts on its texts."""
        row = BriefRow(
            id=new_id("brief"),
            workspace=self.workspace,
            post_id=post_id,
            body=dict(body),
            verdicts=[dict(verdict) for verdict in verdicts],
            created_at=datetime.now(UTC),
        )
        with self.transaction() as session:
            session.add(row)
        return row

    def brief(self, brief_id: str) -> BriefRow:
        """The brief with this id."""
        with self.reading() as session:
            return session.get_one(BriefRow, brief_id)

    def briefs(self, post_id: str) -> list[BriefRow]:
        """All briefs of a post, the oldest first."""
        query = select(BriefRow).where(BriefRow.post_id == post_id).order_by(BriefRow.created_at)
        with self.reading() as session:
            return list(session.scalars(query))

    def latest_brief(self, post_id: str) -> BriefRow | None:
        """The newest brief of a post."""
        query = select(BriefRow).where(BriefRow.post_id == post_id).order_by(BriefRow.created_at.desc()).limit(1)
        with self.reading() as session:
            return session.scalars(query).first()

    def add_candidates(self, post_id: str, brief_id: str, drawn: Sequence[Drawn]) -> list[CandidateRow]:
        """Keep finished candidates, numbered on from those that the post already has."""
        now = datetime.now(UTC)
        with self.transaction() as session:
            count = select(func.count()).select_from(CandidateRow).where(CandidateRow.post_id == post_id)
            first = session.execute(count).scalar_one() + 1
            rows = [
                CandidateRow(
                    id=new_id("candidate"),
                    workspace=self.workspace,
                    post_id=post_id,
                    brief_id=brief_id,
                    number=number,
                    seed=item.seed,
                    score=item.score,
                    model=item.model,
                    revision=item.revision,
                    settings=dict(item.settings),
                    picture=item.picture,
                    fingerprint=item.fingerprint,
                    verdicts=[dict(verdict) for verdict in item.verdicts],
                    created_at=now,
                )
                for number, item in enumerate(drawn, start=first)
            ]
            session.add_all(rows)
        return rows

    def candidates(self, post_id: str) -> list[CandidateRow]:
        """All candidates of a post in the order in which they were drawn."""
        query = select(CandidateRow).where(CandidateRow.post_id == post_id).order_by(CandidateRow.number)
        with self.reading() as session:
            return list(session.scalars(query))
