"""Publications in the records: planned with an approval, visited by workers, and moved by people.

A visit is one go of a worker at a publication, and `attempt` numbers the visits that were asked for. Each change
names the attempt that it was decided on, so that a worker which was overtaken (by a person who moved the post, by
another worker) changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from bot.errors import Misuse, Refused
from bot.records.base import RecordsBase
from bot.records.states import PUBLICATION_MOVES, PublicationState
from bot.records.tables import Post, PublicationRow
from bot.records.values import Planned, approval_hash, new_id

COMING = (PublicationState.PLANNED, PublicationState.PUBLISHING)
"""States in which a worker has something to do."""

LOOKING = (*COMING, PublicationState.NEEDS_CONFIRMATION)
"""States that wait, in one way or another, for the news that a post is there."""

ASKING = (PublicationState.NEEDS_CONFIRMATION, PublicationState.MISSED, PublicationState.FAILED)
"""States in which a person has something to decide."""

ENDED = (PublicationState.PUBLISHED, PublicationState.CANCELLED, PublicationState.TAKEN_DOWN)
"""States that an edit of the post leaves as they are."""


class PublicationRecords(RecordsBase):
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

    def move_publication(
        self,
        session: Session,
        row: PublicationRow,
        expected: Collection[PublicationState],
        to: PublicationState,
        why: str,
        *,
        person: str = "easel",
        attempt: int | None = None,
        new_attempt: bool = False,
        **values: Any,
    ) -> PublicationRow:
        """One compare-and-set with its audit row inside a running transaction.

        Raises:
            Refused: naming the state and attempt it met, if somebody else moved the publication first.
        """
        before = PublicationState(row.state)
        known = row.attempt if attempt is None else attempt
        if before not in expected or known != row.attempt:
            raise Refused(refusal(row, expected, attempt, to))
        if to not in PUBLICATION_MOVES[before]:
            raise Refused(f"A publication never moves from {before} to {to}.")
        statement = (
            update(PublicationRow)
            .where(PublicationRow.id == row.id, PublicationRow.state == before, PublicationRow.attempt == known)
            .values(state=to, attempt=known + new_attempt, **values)
        )
        moved = session.execute(statement).rowcount == 1  # type: ignore[attr-defined]
        session.refresh(row)
        if not moved:
            raise Refused(refusal(row, expected, attempt, to))
        session.add(self.audit_row(row.id, person, before, to, why, row.workspace))
        return row


def account_of(row: PublicationRow) -> tuple[str, str, str]:
    """The account that a publication is for, as (workspace, network, name)."""
    return row.workspace, row.network, row.account


def refusal(row: PublicationRow, expected: Collection[str], attempt: int | None, to: str) -> str:
    """What a compare-and-set met instead of what it needs."""
    if row.state not in expected:
        return f"{row.id} is {row.state}, not {' or '.join(expected)}: it was not moved to {to}."
    return f"{row.id} is at attempt {row.attempt}, not {attempt}: it was not moved to {to}."


def find_publication(session: Session, publication_id: str) -> PublicationRow:
    """The publication inside a running transaction."""
    row = session.get(PublicationRow, publication_id)
    if row is None:
        raise Misuse(f"There is no publication {publication_id!r}.")
    return row


def refuse_unapproved(session: Session, row: PublicationRow) -> None:
    """Raise Refused unless `row` and its siblings are, byte for byte, what the post's approval names.

    The post is locked, so that an edit either comes before and is met here, or waits until the intent is recorded.
    """
    post = session.get_one(Post, row.post_id, with_for_update=True)
    siblings = session.scalars(
        select(PublicationRow).where(
            PublicationRow.post_id == row.post_id, PublicationRow.approval_hash == row.approval_hash
        )
    )
    held = approval_hash(
        Planned(
            item.network,
            item.account,
            item.text,
            tuple((digest, alt) for digest, alt in item.pictures),
            carousel=item.carousel,
        )
        for item in siblings
    )
    if not post.approval_hash == row.approval_hash == held:
        raise Refused(f"{row.id} differs from what was approved for {row.post_id}; approve it anew.")
