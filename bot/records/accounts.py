"""Accounts and their weekly slots in the records. Credentials come and go encrypted; this file cannot read them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, text, update

from bot.errors import Misuse
from bot.locks import locked
from bot.records.base import RecordsBase
from bot.records.states import COMING, CONNECTED, AccountState
from bot.records.tables import AccountRow, PublicationRow, SlotRow
from bot.records.values import new_id


class AccountRecords(RecordsBase):
    """Who is published for, whether that works at present, and at which times of the week."""

    def add_account(
        self,
        network: str,
        name: str,
        owner: str,
        settings: Mapping[str, Any],
        credentials: str,
        expires_at: datetime | None,
    ) -> AccountRow:
        """Connect an account, or connect a known one anew with new credentials."""
        now = datetime.now(UTC)
        with self.transaction() as session:
            row = session.scalars(self._account_query(network, name)).first()
            before = row.state if row else None
            if row is None:
                row = AccountRow(
                    id=new_id("account"), workspace=self.workspace, network=network, name=name, created_at=now
                )
                session.add(row)
            row.owner = owner
            row.state = AccountState.ACTIVE
            row.settings = dict(settings)
            row.credentials = credentials
            row.expires_at = expires_at
            row.notice = None
            row.checked_at = now
            session.add(self.audit_row(row.id, owner, before, AccountState.ACTIVE, "connected"))
        return row

    def accounts(self, network: str | None = None, states: Collection[str] = CONNECTED) -> list[AccountRow]:
        """The accounts of this workspace, the first connected first."""
        query = select(AccountRow).where(AccountRow.workspace == self.workspace, AccountRow.state.in_(states))
        if network is not None:
            query = query.where(AccountRow.network == network)
        with self.reading() as session:
            return list(session.scalars(query.order_by(AccountRow.created_at, AccountRow.id)))

    def account(self, network: str, name: str) -> AccountRow:
        """The connected account of that name.

        Raises:
            Misuse: if there is none.
        """
        with self.reading() as session:
            row: AccountRow | None = session.scalars(self._account_query(network, name)).first()
        if row is None or row.state == AccountState.REMOVED:
            raise Misuse(f"There is no {network} account {name!r}. `easel accounts list` shows those there are.")
        return row

    def _account_query(self, network: str, name: str) -> Any:
        return select(AccountRow).where(
            AccountRow.workspace == self.workspace,
            AccountRow.network == network,
            AccountRow.name == name,
        )

    def credentials(self, account_id: str) -> str:
        """The encrypted credentials as they are now; another process may have rotated them."""
        with self.reading() as session:
            return session.get_one(AccountRow, account_id).credentials

    @contextmanager
    def account_lock(self, account_id: str) -> Iterator[None]:
        """Hold an account against every other process, without holding a transaction open."""
        if self.engine.dialect.name == "sqlite":
            with locked(Path(str(self.engine.url.database)).with_name(f".{account_id}.lock"), wait=True):
                yield
            return
        with self.engine.connect() as connection:
            key = {"key": account_id}
            connection.execute(text("SELECT pg_advisory_lock(hashtext(:key))"), key)
            connection.commit()
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(hashtext(:key))"), key)
                connection.commit()

    def rotate_credentials(self, account_id: str, old: str, new: str, expires_at: datetime | None) -> bool:
        """Replace the credentials if they still are `old`, in one statement; whether that was so."""
        statement = (
            update(AccountRow)
            .where(AccountRow.id == account_id, AccountRow.credentials == old)
            .values(credentials=new, expires_at=expires_at)
        )
        with self.transaction() as session:
            return session.execute(statement).rowcount == 1  # type: ignore[attr-defined, no-any-return]

    def set_account_state(self, account_id: str, to: AccountState, person: str, why: str) -> AccountRow:
        """Pause, resume or remove an account. Removing it forgets its credentials and its slots."""
        with self.transaction() as session:
            row = session.get_one(AccountRow, account_id, with_for_update=True)
            before = row.state
            if before == to:
                return row
            row.state = to
            row.notice = why if to == AccountState.PAUSED else None
            if to == AccountState.REMOVED:
                row.credentials = ""
                session.execute(delete(SlotRow).where(*self._slots_of(row.network, row.name)))
            session.add(self.audit_row(row.id, person, before, to, why, row.workspace))
        return row

    def disconnect_accounts(self, person: str, why: str) -> list[AccountRow]:
        """Forget the tokens of all accounts of this workspace and pause them: what is planned waits for a new token.

        For the day on which a workspace removes Easel or takes its tokens back.
        """
        with self.transaction() as session:
            query = select(AccountRow).where(AccountRow.workspace == self.workspace, AccountRow.state.in_(CONNECTED))
            rows = list(session.scalars(query.with_for_update()))
            for row in rows:
                session.add(self.audit_row(row.id, person, row.state, AccountState.PAUSED, why))
                row.state, row.notice = AccountState.PAUSED, why
                row.credentials, row.expires_at = "", None
        return rows

    def paused_accounts(self) -> set[tuple[str, str, str]]:
        """(workspace, network, name) of every account that is paused."""
        query = select(AccountRow.workspace, AccountRow.network, AccountRow.name)
        with self.reading() as session:
            rows = session.execute(query.where(AccountRow.state == AccountState.PAUSED))
            return {(workspace, network, name) for workspace, network, name in rows}

    def slots(self, network: str, account: str) -> list[SlotRow]:
        """The weekly slots of an account, from Monday on."""
        query = select(SlotRow).where(*self._slots_of(network, account)).order_by(SlotRow.weekday, SlotRow.at)
        with self.reading() as session:
            return list(session.scalars(query))

    def add_slot(self, network: str, account: str, weekday: int, at: str, timezone: str) -> None:
        """Add a weekly slot; one that is there already stays."""
        where = (*self._slots_of(network, account), SlotRow.weekday == weekday, SlotRow.at == at)
        with self.transaction() as session:
            if session.scalars(select(SlotRow).where(*where)).first():
                return
            session.add(
                SlotRow(
                    workspace=self.workspace,
                    network=network,
                    account=account,
                    weekday=weekday,
                    at=at,
                    timezone=timezone,
                )
            )

    def remove_slot(self, network: str, account: str, weekday: int, at: str) -> bool:
        """Take a weekly slot away; whether it was there. What is planned in it stays planned."""
        where = (*self._slots_of(network, account), SlotRow.weekday == weekday, SlotRow.at == at)
        with self.transaction() as session:
            return session.execute(delete(SlotRow).where(*where)).rowcount == 1  # type: ignore[attr-defined, no-any-return]

    def _slots_of(self, network: str, account: str) -> tuple[Any, ...]:
        return SlotRow.workspace == self.workspace, SlotRow.network == network, SlotRow.account == account

    def taken_times(self, network: str, account: str, after: datetime) -> set[datetime]:
        """The times after `after` at which the account already has something planned."""
        query = select(PublicationRow.due_at).where(
            PublicationRow.workspace == self.workspace,
            PublicationRow.network == network,
            PublicationRow.account == account,
            PublicationRow.state.in_(COMING),
            PublicationRow.due_at > after - timedelta(minutes=1),
        )
        with self.reading() as session:
            return set(session.scalars(query))
