"""Visits: which are to be made, who makes them, and how they end. See `publication_moves` for what a visit is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, tuple_, update

from bot.records.publication_moves import PublicationMoves, find_publication, refuse_unapproved
from bot.records.states import COMING, LOOKING, PublicationState
from bot.records.tables import PublicationRow


class VisitRecords(PublicationMoves):
    """What workers do with publications."""

    def to_enqueue(self, limit: int, skip: Collection[tuple[str, str, str]] = ()) -> list[PublicationRow]:
        """Visits of any workspace that are asked for and were not handed to the queue, the most urgent first.

        `skip` names accounts, as (workspace, network, account), that are not visited for.
        """
        query = (
            select(PublicationRow)
            .where(PublicationRow.state.in_(COMING), PublicationRow.enqueued < PublicationRow.attempt)
            .order_by(PublicationRow.visit_at)
            .limit(limit)
        )
        if skip:
            whose = tuple_(PublicationRow.workspace, PublicationRow.network, PublicationRow.account)
            query = query.where(whose.not_in(list(skip)))
        with self.reading() as session:
            return list(session.scalars(query))

    def overdue(self, before: datetime, limit: int) -> list[PublicationRow]:
        """Visits of any workspace that were handed to the queue and should have been made before `before`."""
        query = (
            select(PublicationRow)
            .where(
                PublicationRow.state.in_(COMING),
                PublicationRow.enqueued == PublicationRow.attempt,
                PublicationRow.visit_at < before,
            )
            .order_by(PublicationRow.visit_at)
            .limit(limit)
        )
        with self.reading() as session:
            return list(session.scalars(query))

    def claim_visit(self, publication_id: str, attempt: int) -> PublicationRow | None:
        """Take a planned visit away from the queue's reach; None if the queue was given it already.

        The claim is an attempt of its own that counts as handed out, so that a visit which the queue is just being
        given is overtaken.
        """
        statement = (
            update(PublicationRow)
            .where(
                PublicationRow.id == publication_id,
                PublicationRow.attempt == attempt,
                PublicationRow.enqueued < attempt,
            )
            .values(attempt=attempt + 1, enqueued=attempt + 1)
        )
        with self.transaction() as session:
            if session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
                return None
            return find_publication(session, publication_id)

    def give_up_visit(self, publication_id: str, attempt: int, why: str) -> None:
        """Ask for another visit in place of one whose worker is gone; nothing if it ended meanwhile."""
        with self.transaction() as session:
            row = find_publication(session, publication_id)
            if row.attempt == attempt and row.state in COMING:
                self.move_publication(session, row, COMING, PublicationState(row.state), why, new_attempt=True)

    def mark_enqueued(self, visits: Collection[tuple[str, int]]) -> None:
        """The visits (publication, attempt) are in the queue."""
        with self.transaction() as session:
            for publication_id, attempt in visits:
                session.execute(
                    update(PublicationRow)
                    .where(PublicationRow.id == publication_id, PublicationRow.attempt == attempt)
                    .values(enqueued=attempt)
                )

    def begin_publishing(self, publication_id: str, attempt: int) -> PublicationRow:
        """Record the intent to publish: planned -> publishing. Whoever gets through may send one request to post.

        Raises:
            Refused: if the publication is in another state or at another attempt, or is not what was approved.
        """
        with self.transaction() as session:
            row = find_publication(session, publication_id)
            refuse_unapproved(session, row)
            now = datetime.now(UTC)
            return self.move_publication(
                session,
                row,
                (PublicationState.PLANNED,),
                PublicationState.PUBLISHING,
                "intent recorded",
                attempt=attempt,
                tries=row.tries + 1,
                attempted_at=now,
                first_attempted_at=row.first_attempted_at or now,
            )

    def finish_visit(
        self,
        publication_id: str,
        attempt: int,
        to: PublicationState,
        why: str,
        *,
        visit_at: datetime | None = None,
        harmless: bool = False,
        **values: str | None,
    ) -> PublicationRow:
        """Record how a visit ended.

        With `visit_at` another visit is asked for. `harmless` says that the last request to post did nothing, so that
        it does not count. `values` are `remote_id`, `url` and `error`.
        """
        with self.transaction() as session:
            row = find_publication(session, publication_id)
            changes: dict[str, Any] = {**values}
            if visit_at is not None:
                changes["visit_at"] = visit_at
            if harmless and row.state == PublicationState.PUBLISHING:
                changes["tries"] = max(0, row.tries - 1)
            return self.move_publication(
                session, row, LOOKING, to, why, attempt=attempt, new_attempt=visit_at is not None, **changes
            )
