"""What people asked for in Slack: kept before it is acknowledged, carried out once, taken up again after a crash."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from bot.records.base import RecordsBase
from bot.records.tables import RequestRow

WAITING, DONE, FAILED = "waiting", "done", "failed"

LEASE = timedelta(seconds=20)
"""How long a request is its process's, who renews it while it is carried out; then another may take it up."""


class RequestRecords(RecordsBase):
    """Requests by a key of Slack's own ids, so that what is delivered twice is kept once."""

    def keep_request(self, key: str, kind: str, person: str, body: Mapping[str, Any]) -> RequestRow | None:
        """Keep a request, already claimed by this process; None if it is there already."""
        now = datetime.now(UTC)
        row = RequestRow(
            key=key,
            workspace=self.workspace,
            kind=kind,
            person=person,
            body=dict(body),
            state=WAITING,
            attempts=1,
            due_at=now + LEASE,
            created_at=now,
        )
        try:
            with self.transaction() as session:
                session.add(row)
        except IntegrityError:
            return None
        return row

    def claim_requests(self, limit: int, workspaces: Collection[str] | None = None) -> list[RequestRow]:
        """Take waiting requests for `LEASE`, the oldest first; of two processes that ask, one gets each."""
        now = datetime.now(UTC)
        query = select(RequestRow).where(RequestRow.state == WAITING, RequestRow.due_at <= now)
        if workspaces is not None:
            query = query.where(RequestRow.workspace.in_(workspaces))
        claimed = []
        with self.transaction() as session:
            for row in session.scalars(query.order_by(RequestRow.id).limit(limit)):
                statement = (
                    update(RequestRow)
                    .where(RequestRow.id == row.id, RequestRow.state == WAITING, RequestRow.due_at == row.due_at)
                    .values(due_at=now + LEASE, attempts=row.attempts + 1)
                )
                if session.execute(statement).rowcount == 1:  # type: ignore[attr-defined]
                    session.refresh(row)
                    claimed.append(row)
        return claimed

    def renew_requests(self, ids: Collection[int]) -> None:
        """These requests are still being carried out."""
        due_at = datetime.now(UTC) + LEASE
        with self.transaction() as session:
            statement = update(RequestRow).where(RequestRow.id.in_(ids), RequestRow.state == WAITING)
            session.execute(statement.values(due_at=due_at))

    def request(self, key: str) -> RequestRow | None:
        """The request with this key in this workspace."""
        query = select(RequestRow).where(RequestRow.key == key, RequestRow.workspace == self.workspace)
        with self.reading() as session:
            return session.scalars(query).first()

    def finish_request(self, request_id: int, error: str | None = None) -> None:
        """The request is carried out, or failed for good with `error`."""
        self._set(request_id, state=FAILED if error else DONE, error=error)

    def postpone_request(self, request_id: int, until: datetime, error: str) -> None:
        """The request could not be carried out now."""
        self._set(request_id, due_at=until, error=error)

    def _set(self, request_id: int, **values: object) -> None:
        with self.transaction() as session:
            session.execute(update(RequestRow).where(RequestRow.id == request_id).values(**values))

    def forget_requests(self, before: datetime) -> None:
        """Forget what was carried out before then."""
        with self.transaction() as session:
            session.execute(delete(RequestRow).where(RequestRow.state != WAITING, RequestRow.created_at < before))
