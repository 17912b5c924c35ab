"""Consents under way: an account that somebody is connecting in a browser at this moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from bot.records.base import RecordsBase
from bot.records.tables import ConsentRow

CONSENT_LIFE = timedelta(minutes=15)
"""How long a person may take on a network's consent page."""


class ConsentRecords(RecordsBase):
    """Kept by the state that the network sends back, encrypted, for a while and for one use."""

    def add_consent(self, state: str, sealed: str) -> None:
        """Keep a consent, and forget those that nobody came back with."""
        now = datetime.now(UTC)
        with self.transaction() as session:
            session.execute(delete(ConsentRow).where(ConsentRow.created_at < now - CONSENT_LIFE))
            session.add(ConsentRow(state=state, workspace=self.workspace, sealed=sealed, created_at=now))

    def take_consent(self, state: str) -> ConsentRow | None:
        """The consent of any workspace with that state, which is used up by this; None if there is none any more."""
        with self.transaction() as session:
            row = session.get(ConsentRow, state, with_for_update=True)
            if row is None or not row.sealed:
                return None
            session.delete(row)
            return row if row.created_at > datetime.now(UTC) - CONSENT_LIFE else None

    def use_up(self, state: str) -> bool:
        """Whether a state of which nothing was kept comes back for the first time within `CONSENT_LIFE`."""
        try:
            self.add_consent(state, "")
        except IntegrityError:
            return False
        return True
