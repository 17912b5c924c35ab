"""What `easel doctor` asks networks about an account: its token, scopes and version, and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from bot.accounts.opening import open_publisher
from bot.clocks import check_clock
from bot.errors import EaselError
from bot.findings import Finding, Health
from bot.records.states import AccountState
from publishers import PublishError

if TYPE_CHECKING:
    from bot.records import Records
    from bot.records.tables import AccountRow
    from bot.settings import Settings

NETWORK_ADDRESSES = {"x": "https://api.x.com/2/", "linkedin": "https://api.linkedin.com/rest/"}
CLOCK_TIMEOUT_SECONDS = 10.0

TOKEN_WARNING = timedelta(days=14)
"""LinkedIn's tokens live 60 days and only a person can renew them."""


def check_account(settings: Settings, records: Records, account: AccountRow) -> Iterator[Finding]:
    """The account's token works, has its scopes, and does not end soon; the network's clock agrees with ours."""
    name = f"{account.network} {account.name}"
    if account.state == AccountState.PAUSED:
        told = f"paused: {account.notice} Then `easel accounts check` takes it up again."
        yield Finding(name, Health.BROKEN, told)
    if account.expires_at and account.expires_at - datetime.now(UTC) < TOKEN_WARNING:
        told = f"the token ends on {account.expires_at:%d %B %Y}: connect the account again (`easel accounts add`)."
        yield Finding(name, Health.WARNING, told)
    try:
        report = open_publisher(settings, records, account.network, account.name).check()
    except (PublishError, EaselError) as error:
        yield Finding(name, Health.BROKEN, str(error))
        return
    if account.state == AccountState.ACTIVE:
        yield Finding(name, Health.GOOD, f"{report.name} works")
    for warning in report.warnings:
        yield Finding(name, Health.WARNING, warning)
    yield from check_clock(name, "the network's", headers_of(account))


def headers_of(account: AccountRow) -> dict[str, str]:
    """The headers of an answer of the account's network; empty where none comes."""
    address = account.settings.get("address") or NETWORK_ADDRESSES[account.network]
    try:
        with urlopen(Request(address, method="HEAD"), timeout=CLOCK_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return {key.lower(): value for key, value in answer.headers.items()}
    except HTTPError as refusal:  # any answer has the time in it
        with refusal:
            return {key.lower(): value for key, value in refusal.headers.items()}
    except (URLError, OSError, ValueError):
        return {}  # the check of the token has told what is wrong with the connection
