"""Moving a publication from state to state: one compare-and-set, and what it is held against.

A visit is one go of a worker at a publication, and `attempt` numbers the visits that were asked for. Each change
names the attempt that it was decided on, so that a worker which was overtaken (by a person who moved the post, by
another worker) changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.errors import Misuse, Refused
from bot.records.base import RecordsBase
from bot.records.states import PUBLICATION_MOVES, PublicationState
from bot.records.tables import Post, PublicationRow
from bot.records.values import EASEL, Planned, approval_hash


class PublicationMoves(RecordsBase):
    """What people, workers and approvals move publications with."""

    def move_publication(
        self,
        session: Session,
        row: PublicationRow,
        expected: Collection[PublicationState],
        to: PublicationState,
        why: str,
        *,
        person: str = EASEL,
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
