"""What every part of the records shares: transactions, the audit, and finding a post in its workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import EaselError, Misuse
from bot.records.database import READING
from bot.records.states import PostState
from bot.records.tables import AuditRow, Post
from bot.records.values import NewPost


class RecordsBase:
    """The records of one workspace. Rows that are handed out are snapshots; change them through the methods."""

    def __init__(self, engine: Engine, workspace: str) -> None:
        self.engine = engine
        self.workspace = workspace
        self.sessions = sessionmaker(engine, expire_on_commit=False)
        self.readers = sessionmaker(engine.execution_options(**READING), expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction that changes something."""
        with in_words(), self.sessions.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads: on SQLite it waits for no writer and holds none up."""
        with in_words(), self.readers.begin() as session:
            yield session

    def audit(self, subject: str) -> list[AuditRow]:
        """What happened to a post, a publication or an account, oldest first."""
        query = select(AuditRow).where(AuditRow.subject == subject).order_by(AuditRow.id)
        with self.reading() as session:
            return list(session.scalars(query))

    def find_post(self, session: Session, post_id: str, *, lock: bool = False) -> Post:
        """The post inside a running transaction; with `lock`, nobody else changes it until the transaction ends."""
        post = session.get(Post, post_id, with_for_update=lock or None)
        if post is None or post.workspace != self.workspace:
            raise Misuse(f"There is no post {post_id!r} in the workspace {self.workspace!r}.")
        return post

    def post_row(self, post_id: str, new: NewPost) -> Post:
        """A new post, drafted now."""
        return Post(
            id=post_id,
            workspace=self.workspace,
            requested_by=new.person,
            state=PostState.DRAFTED,
            draft=new.draft,
            networks=list(new.networks),
            due_at=new.due_at,
            timezone=new.timezone,
            next_slot=new.next_slot,
            texts=dict(new.texts) or None,
            options=new.options.to_dict() if new.options else None,
            created_at=datetime.now(UTC),
        )

    def audit_row(
        self, subject: str, person: str, before: str | None, after: str, why: str, workspace: str | None = None
    ) -> AuditRow:
        """A new audit row, now."""
        return AuditRow(
            workspace=workspace or self.workspace,
            subject=subject,
            person=person,
            from_state=before,
            to_state=after,
            why=why,
            at=datetime.now(UTC),
        )


@contextmanager
def in_words() -> Iterator[None]:
    """Turn a full disk or a locked database into an error that a person understands."""
    try:
        yield
    except OperationalError as error:
        raise EaselError(
            f"The database cannot be used at the moment ({error.orig}). Nothing was half-written. "
            "Free some space or stop the program that holds it, and try again."
        ) from None
