"""Publications in the records: planned with an approval, listed, and moved by people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.records.publication_moves import PublicationMoves, find_publication, refuse_unapproved
from bot.records.states import ASKING, COMING, PublicationState
from bot.records.tables import Post, PublicationRow
from bot.records.values import Planned, new_id


class PublicationRecords(PublicationMoves):
    """What is planned, on its way, published, or waits for a person."""

    def publications(self, post_id: str) -> list[PublicationRow]:
        """The publications of a post, by network and age."""
        query = (
            select(PublicationRow)
            .where(PublicationRow.post_id == post_id, PublicationRow.workspace == self.workspace)
            .order_by(PublicationRow.network, PublicationRow.created_at)
        )
        with self.reading() as session:
            return list(session.scalars(query))

    def planned(self, states: Collection[str] = COMING, limit: int | None = None) -> list[PublicationRow]:
        """The publications of this workspace in `states`, the next first."""
        query = (
            select(PublicationRow)
            .where(PublicationRow.workspace == self.workspace, PublicationRow.state.in_(states))
            .order_by(PublicationRow.due_at)
            .limit(limit)
        )
        with self.reading() as session:
            return list(session.scalars(query))

    def latest_publications(self, states: Collection[str], limit: int) -> list[PublicationRow]:
        """The publications of this workspace in `states`, the latest first."""
        query = (
            select(PublicationRow)
            .where(PublicationRow.workspace == self.workspace, PublicationRow.state.in_(states))
            .order_by(PublicationRow.due_at.desc())
            .limit(limit)
        )
        with self.reading() as session:
            return list(session.scalars(query))

    def count_publications(self, states: Collection[str] = COMING) -> int:
        """How many publications of this workspace are in `states`."""
        query = (
            select(func.count())
            .select_from(PublicationRow)
            .where(PublicationRow.workspace == self.workspace, PublicationRow.state.in_(states))
        )
        with self.reading() as session:
            return session.execute(query).scalar_one()

    def publication(self, publication_id: str) -> PublicationRow:
        """The publication with this id.

        Raises:
            Misuse: if there is none.
        """
        with self.reading() as session:
            return find_publication(session, publication_id)

    def plan_publications(self, session: Session, post: Post, plans: Sequence[Planned]) -> list[PublicationRow]:
        """Rows for `plans` inside the transaction that approves them."""
        now = datetime.now(UTC)
        rows = []
        for plan in plans:
            due_at = plan.due_at or post.due_at or now
            rows.append(
                PublicationRow(
                    id=new_id("pub"),
                    workspace=self.workspace,
                    post_id=post.id,
                    network=plan.network,
                    account=plan.account,
                    state=PublicationState.PLANNED,
                    text=plan.text,
                    pictures=[list(pair) for pair in plan.pictures],
                    carousel=plan.carousel,
                    approval_hash=post.approval_hash,
                    attempt=1,
                    enqueued=0,
                    tries=0,
                    due_at=due_at,
                    visit_at=due_at,
                    created_at=now,
                )
            )
        session.add_all(rows)
        return rows

    def reschedule(
        self, publication_id: str, at: datetime, person: str, why: str, *, attempt: int | None = None
    ) -> PublicationRow:
        """Move a publication that has not been sent to another time; also how a failed one is tried again.

        With `attempt`, only if it still is the one that the person saw.
        """
        states = (PublicationState.PLANNED, PublicationState.MISSED, PublicationState.FAILED)
        with self.transaction() as session:
            row = find_publication(session, publication_id)
            refuse_unapproved(session, row)
            return self.move_publication(
                session,
                row,
                states,
                PublicationState.PLANNED,
                why,
                person=person,
                attempt=attempt,
                new_attempt=True,
                due_at=at,
                visit_at=at,
                error=None,
            )

    def cancel(self, publication_id: str, person: str, why: str, *, attempt: int | None = None) -> PublicationRow:
        """Take a publication that is not published off the plan for good."""
        with self.transaction() as session:
            row = find_publication(session, publication_id)
            return self.move_publication(
                session,
                row,
                (PublicationState.PLANNED, *ASKING),
                PublicationState.CANCELLED,
                why,
                person=person,
                attempt=attempt,
            )

    def confirm(
        self, publication_id: str, there: bool, person: str, url: str | None = None, *, attempt: int | None = None
    ) -> PublicationRow:
        """A person looked: the post is there, or it is not and is planned anew for now.

        With `attempt`, only if it still is the one that the person was asked about.
        """
        asked = (PublicationState.NEEDS_CONFIRMATION,)
        now = datetime.now(UTC)
        with self.transaction() as session:
            row = find_publication(session, publication_id)
            if there:
                why = "a person saw it there"
                published = PublicationState.PUBLISHED
                return self.move_publication(
                    session, row, asked, published, why, person=person, attempt=attempt, url=url, error=None
                )
            refuse_unapproved(session, row)
            why = "a person saw that it is not there"
            planned = PublicationState.PLANNED
            return self.move_publication(
                session,
                row,
                asked,
                planned,
                why,
                person=person,
                attempt=attempt,
                new_attempt=True,
                visit_at=now,
                error=None,
            )

    def record_taken_down(self, publication_id: str, person: str) -> PublicationRow:
        """A person had a published post taken down, and the network has done so."""
        live, gone = (PublicationState.PUBLISHED,), PublicationState.TAKEN_DOWN
        with self.transaction() as session:
            row = find_publication(session, publication_id)
            return self.move_publication(session, row, live, gone, "taken down", person=person)

    def doubt_planned(self, now: datetime, since: datetime, person: str) -> int:
        """After a restore of what was known at `since`: have all of any workspace that was due by now asked about.

        What is planned for later is handed to the queue anew; how many are in doubt.
        """
        why = f"restored from a backup of {since:%Y-%m-%d %H:%M} UTC: it may have gone out since, so look first"
        with self.transaction() as session:
            session.execute(update(PublicationRow).values(enqueued=0))
            due = (PublicationRow.state == PublicationState.PLANNED, PublicationRow.visit_at <= now)
            rows = session.scalars(select(PublicationRow).where(*due)).all()
            for row in rows:
                planned, missed = (PublicationState.PLANNED,), PublicationState.MISSED
                self.move_publication(session, row, planned, missed, why, person=person, error=why)
        return len(rows)


def account_of(row: PublicationRow) -> tuple[str, str, str]:
    """The account that a publication is for, as (workspace, network, name)."""
    return row.workspace, row.network, row.account
