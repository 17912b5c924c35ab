"""From an account to a publisher that speaks for it, and keeping the tokens that change with use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.accounts.tokens import Token
from bot.accounts.vault import Vault
from bot.errors import EaselError, Misuse
from bot.records.tables import AccountRow
from bot.records.values import OUTBOX_ACCOUNT
from publishers import OAuth2Token, Rotate
from publishers.credentials import Refresh

if TYPE_CHECKING:
    from bot.records import Records
    from bot.settings import Settings
    from publishers import AccountReport, Publisher

ADDRESSES = ("address", "web_address", "login_address")
"""Settings of an account that point it at another server than the network's own."""


@dataclass(frozen=True)
class NewAccount:
    """An account to connect: its name with us, who connects it, and its own settings (`author`, addresses, …)."""

    network: str
    name: str
    owner: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def open_publisher(settings: Settings, records: Records, network: str, account: str) -> Publisher:
    """Who publishes for the account of that name in the records' workspace; the outbox for the account `outbox`.

    Raises:
        Misuse: if there is no such account.
        EaselError: if its token cannot be decrypted, or was forgotten.
    """
    if account == OUTBOX_ACCOUNT:
        from publishers import OutboxPublisher

        return OutboxPublisher(settings.outbox, network=network)
    row = records.account(network, account)
    if not row.credentials:
        raise EaselError(f"The {network} account {account} has no token any more: connect it again.")
    vault = Vault(settings.home)
    settling = timedelta(seconds=settings.settle_seconds)
    return build(network, row.settings, vault.open(row.credentials), keeper(records, vault, row), settling)


def connect(
    settings: Settings, records: Records, account: NewAccount, token: Token
) -> tuple[AccountRow, AccountReport]:
    """Check that the token speaks for the account, and only then keep both.

    A token that had to be renewed for the check is kept as renewed.

    Raises:
        PublishError: in the network's words, if it does not.
    """
    held = token

    def rotate(stale: OAuth2Token, refresh: Refresh) -> OAuth2Token:
        nonlocal held
        held = fresh = refresh(stale)
        return fresh

    settling = timedelta(seconds=settings.settle_seconds)
    report = build(account.network, account.settings, token, rotate, settling).check()
    kept = {**account.settings, "remote_id": report.remote_id}
    sealed = Vault(settings.home).seal(held)
    return records.add_account(account.network, account.name, account.owner, kept, sealed, expiry(held)), report


def build(network: str, settings: Mapping[str, Any], token: Token, rotate: Rotate, settling: timedelta) -> Publisher:
    """The publisher of a network for one token."""
    from publishers import LinkedInPublisher, XPublisher

    addresses = {name: settings[name] for name in ADDRESSES if settings.get(name)}
    if network == "x":
        addresses.pop("login_address", None)
        user_id = settings.get("remote_id", "")
        return XPublisher(token, rotate=rotate, user_id=user_id, settling=settling, **addresses)
    if network == "linkedin":
        if not isinstance(token, OAuth2Token):
            raise Misuse("LinkedIn takes OAuth 2 tokens: give an access_token without a consumer_key.")
        options = {name: settings[name] for name in ("version", "visibility") if settings.get(name)}
        author = settings.get("author", "")
        return LinkedInPublisher(author, token, rotate=rotate, settling=settling, **addresses, **options)
    raise Misuse(f"There is no network {network!r} to connect to. Choose from x, linkedin.")


def keeper(records: Records, vault: Vault, row: AccountRow) -> Rotate:
    """A `Rotate` that stores the new token before it is used, one process at a time.

    A process that comes second finds the token that the first stored, and spends no refresh token.
    """

    def rotate(stale: OAuth2Token, refresh: Refresh) -> OAuth2Token:
        with records.account_lock(row.id):
            sealed = records.credentials(row.id)
            stored = vault.open(sealed)
            if isinstance(stored, OAuth2Token) and stored.access_token != stale.access_token:
                return stored
            fresh = refresh(stale)
            if not records.rotate_credentials(row.id, sealed, vault.seal(fresh), expiry(fresh)):
                raise EaselError(f"The {row.network} account {row.name} was connected anew meanwhile; try again.")
            return fresh

    return rotate


def expiry(token: Token) -> datetime | None:
    """When the token ends for good: never, where it can be renewed or does not expire."""
    return None if not isinstance(token, OAuth2Token) or token.refresh_token else token.expires_at
