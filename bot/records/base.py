"""What every part of the records shares: transactions and the audit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import EaselError
from bot.records.database import READING
from bot.records.tables import AuditRow


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
        with told_plainly(), self.sessions.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads: on SQLite it waits for no writer and holds none up."""
        with told_plainly(), self.readers.begin() as session:
            yield session

    def audit(self, subject: str) -> list[AuditRow]:
        """What happened to a post, a publication or an account, oldest first."""
        query = select(AuditRow).where(AuditRow.subject == subject).order_by(AuditRow.id)
        with self.reading() as session:
            return list(session.scalars(query))

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
def told_plainly() -> Iterator[None]:
    """Turn a full disk or a locked database into an error that a person understands."""
    try:
        yield
    except OperationalError as error:
        raise EaselError(
            f"The database cannot be used at the moment ({error.orig}). Nothing was half-written. "
            "Free some space or stop the program that holds it, and try again."
        ) from None
