"""Forgetting: posts with all that hangs on them go, and the audit keeps that they were there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table as SqlTable
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from bot.errors import Refused
from bot.records.base import RecordsBase
from bot.records.states import ENDED, FORGOTTEN, PostState, PublicationState
from bot.records.tables import (
    AuditRow,
    BriefRow,
    CandidateRow,
    ExampleRow,
    Post,
    PublicationRow,
    RequestRow,
    Table,
)

SETTLED = (PostState.DRAFTED, PostState.BLOCKED, PostState.FAILED, PostState.REJECTED, PostState.APPROVED)
"""States of a post in which nobody works on it or is asked about it; of its publications `ENDED` says the same."""

NAMING = {"person", "owner"}
"""Columns that name a person, in whatever table; `requested_by` goes with its post."""

ON_ITS_WAY = (PublicationState.PUBLISHING, PublicationState.NEEDS_CONFIRMATION)


@dataclass(frozen=True)
class ForgottenPost:
    """What a post leaves behind outside of the records: files by these ids."""

    post_id: str
    publications: tuple[tuple[str, str], ...]
    """(network, publication id)."""


class ForgettingRecords(RecordsBase):
    """What may go, and taking it away."""

    def settled_posts(self, before: datetime) -> list[str]:
        """Posts of any workspace to which nothing has happened since then and nothing will by itself."""
        own = select(PublicationRow.id).where(PublicationRow.post_id == Post.id)
        to_come = own.where(PublicationRow.state.not_in(ENDED))
        news = select(AuditRow.id).where(
            AuditRow.at >= before, or_(AuditRow.subject == Post.id, AuditRow.subject.in_(own.scalar_subquery()))
        )
        query = select(Post.id).where(
            Post.state.in_(SETTLED), Post.created_at < before, ~to_come.exists(), ~news.exists()
        )
        with self.reading() as session:
            return list(session.scalars(query.order_by(Post.created_at)))

    def posts_by(self, person: str) -> list[Post]:
        """The posts that a person asked for in this workspace, the oldest first."""
        query = select(Post).where(Post.workspace == self.workspace, Post.requested_by == person)
        with self.reading() as session:
            return list(session.scalars(query.order_by(Post.created_at)))

    def forget_post(self, post_id: str, person: str, why: str, *, settled: bool = True) -> ForgottenPost:
        """Take a post away with its briefs, candidates and publications; the audit keeps what became of it.

        Raises:
            Refused: if it is on its way or being drawn, or, with `settled`, if anything of it is still to come.
        """
        with self.transaction() as session:
            post = session.get(Post, post_id, with_for_update=True)
            if post is None:
                raise Refused(f"{post_id} is forgotten already.")
            rows = session.scalars(select(PublicationRow).where(PublicationRow.post_id == post_id)).all()
            met = [row for row in rows if row.state not in ENDED] if settled else []
            met += [row for row in rows if row.state in ON_ITS_WAY]
            if met or post.state == PostState.PREPARING or (settled and post.state not in SETTLED):
                state = met[0].state if met else post.state
                raise Refused(f"{post_id} is {state}: it cannot be forgotten now. Try again when that has ended.")
            session.add(self.audit_row(post_id, person, post.state, FORGOTTEN, why, post.workspace))
            for table in hanging_on(Post.__table__):  # type: ignore[arg-type]
                session.execute(delete(table).where(table.c.post_id == post_id))
            session.delete(post)
        return ForgottenPost(post_id, tuple((row.network, row.id) for row in rows))

    def pictures_in_use(self, without: Collection[str] = ()) -> set[str]:
        """The SHA-256 of every picture that any post names, but for the posts `without`."""
        with self.reading() as session:
            drawn = session.execute(select(CandidateRow.post_id, CandidateRow.picture))
            used = {picture for post_id, picture in drawn if post_id not in without}
            for post_id, pictures in session.execute(select(PublicationRow.post_id, PublicationRow.pictures)):
                used.update(digest for digest, _ in pictures if post_id not in without)
        return used

    def audit_of(self, person: str) -> list[AuditRow]:
        """What a person did in this workspace, oldest first."""
        query = select(AuditRow).where(AuditRow.workspace == self.workspace, AuditRow.person == person)
        with self.reading() as session:
            return list(session.scalars(query.order_by(AuditRow.id)))

    def requests_by(self, person: str) -> list[RequestRow]:
        """What a person asked for in Slack and is still kept, oldest first."""
        query = select(RequestRow).where(RequestRow.workspace == self.workspace, RequestRow.person == person)
        with self.reading() as session:
            return list(session.scalars(query.order_by(RequestRow.id)))

    def examples_by(self, person: str) -> list[ExampleRow]:
        """The edits of briefs by a person that are kept as examples, oldest first."""
        query = select(ExampleRow).where(ExampleRow.workspace == self.workspace, ExampleRow.person == person)
        with self.reading() as session:
            return list(session.scalars(query.order_by(ExampleRow.created_at)))

    def erase_name(self, person: str, pseudonym: str, by: str) -> None:
        """Let all of this workspace that names a person name `pseudonym`, and forget what they asked in Slack."""
        here = self.workspace
        with self.transaction() as session:
            session.execute(delete(RequestRow).where(RequestRow.workspace == here, RequestRow.person == person))
            for table in Table.metadata.sorted_tables:
                for name in NAMING & set(table.c.keys()):
                    where = table.c[name] == person, table.c["workspace" if "workspace" in table.c else "team"] == here
                    session.execute(update(table).where(*where).values({name: pseudonym}))
            rename_writer(session, here, person, pseudonym)
            by = pseudonym if by == person else by
            session.add(self.audit_row(pseudonym, by, None, FORGOTTEN, "their data was erased on request"))


def rename_writer(session: Session, workspace: str, person: str, pseudonym: str) -> None:
    """Briefs of others' posts name whoever rewrote the prompt."""
    wrote = BriefRow.body["writer"].as_string() == person
    for brief in session.scalars(select(BriefRow).where(BriefRow.workspace == workspace, wrote)):
        brief.body = {**brief.body, "writer": pseudonym}


def hanging_on(parent: SqlTable) -> Iterator[SqlTable]:
    """The tables with rows that belong to one of `parent`'s, ordered so that each can be emptied before the next."""
    for table in reversed(Table.metadata.sorted_tables):
        if any(key.references(parent) for key in table.foreign_keys):
            yield table
