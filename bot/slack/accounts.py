"""Accounts from Slack: paused, resumed, and connected on the network's own page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from bot.accounts import NewAccount
from bot.accounts.consent import begin_consent, finish_consent
from bot.errors import EaselError
from bot.loopback import PORT, Loopback
from bot.records import Records
from bot.records.consents import CONSENT_LIFE
from bot.records.states import AccountState
from bot.records.tables import RequestRow
from bot.roles import Role
from bot.settings import Settings
from bot.slack.blocks.words import actions, button, network_name, plain, section
from bot.slack.desk import Desk
from publishers import PublishError

CONSENT_PATH = "/accounts/callback"
LEAVE = "leave"
"""The action of buttons that only lead elsewhere: Slack tells of them, and nothing is to be done."""

ADDRESSES = ("author", "address", "web_address", "login_address", "version", "visibility")
"""What is kept of an account's settings when it is connected anew."""


async def set_accounts(desk: Desk, row: RequestRow, state: AccountState, why: str) -> None:
    """Pause or resume the account that a button names, or all of them."""
    await desk.need(row.body["user"], Role.ADMIN, "")
    wanted = row.body["value"]
    for account in await desk.do(desk.records.accounts):
        if wanted in ("all", account.id):
            await desk.do(desk.records.set_account_state, account.id, state, row.person, why)


async def offer_consent(desk: Desk, row: RequestRow) -> None:
    """A button that leads to the network's page; whoever comes back from it has the account connected.

    The browser comes back to `public_url` where the bot has one (see door.py), else to the machine that it runs on.
    """
    await desk.need(row.body["user"], Role.ADMIN, "")
    network, _, name = row.body["value"].partition("/")
    known = [account for account in await desk.do(desk.records.accounts, network) if account.name == name]
    own = {key: known[0].settings[key] for key in ADDRESSES if known and known[0].settings.get(key)}
    account = NewAccount(network, name, row.person, own)
    public = desk.settings.public_url.rstrip("/") if desk.settings.slack_by_http else ""
    loopback = None if public else await desk.do(Loopback, PORT)
    redirect = loopback.address if loopback else f"{public}{CONSENT_PATH}"
    address = await desk.do(begin_consent, desk.settings, desk.records, account, redirect)
    where = "" if public else ", in a browser on the machine that runs Easel"
    told = f"Connect {network_name(network, name)} on its own page{where}. The link works for a quarter of an hour."
    await desk.tell(row, told, [section(plain(told)), actions(button("Open the page", LEAVE, "page", url=address))])
    if loopback:
        [state] = parse_qs(urlsplit(address).query)["state"]
        desk.later(wait_for_browser(desk, row, loopback, state))


async def wait_for_browser(desk: Desk, row: RequestRow, loopback: Loopback, state: str) -> None:
    """Connect the account once the browser is back, and tell who asked."""
    seconds = CONSENT_LIFE.total_seconds()
    try:
        told = await desk.do(loopback.wait, state, lambda query: finished(desk.settings, desk.records, query), seconds)
    except (EaselError, PublishError) as error:
        told = str(error)
    await desk.tell(row, told)


def finished(settings: Settings, records: Records, query: Mapping[str, str]) -> str:
    """What was connected, in words."""
    row, report = finish_consent(settings, records, query)
    return " ".join([f"{report.name} is connected as {network_name(row.network, row.name)}.", *report.warnings])
