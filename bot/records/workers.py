"""Which worker processes there are and when each was last seen alive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select

from bot.records.base import RecordsBase
from bot.records.tables import WorkerRow


class WorkerRecords(RecordsBase):
    """A row per worker name; a name that is not seen for a while belongs to a process that is gone."""

    def see_worker(self, name: str, queues: Sequence[str], host: str, pid: int) -> None:
        """The worker is alive now."""
        now = datetime.now(UTC)
        with self.transaction() as session:
            row = session.get(WorkerRow, name)
            if row is None:
                row = WorkerRow(name=name, started_at=now)
                session.add(row)
            if row.pid != pid or row.host != host:
                row.started_at = now
            row.queues, row.host, row.pid, row.seen_at = list(queues), host, pid, now

    def forget_worker(self, name: str) -> None:
        """The worker stopped in order."""
        with self.transaction() as session:
            row = session.get(WorkerRow, name)
            if row is not None:
                session.delete(row)

    def workers(self) -> list[WorkerRow]:
        """All workers that did not stop in order, by name."""
        with self.reading() as session:
            return list(session.scalars(select(WorkerRow).order_by(WorkerRow.name)))
