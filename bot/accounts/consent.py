"""Connecting an account in the browser: begun by one process, finished by whichever the browser comes back to.

What has to be remembered in between lies encrypted in the records under the `state` that the network sends back, for
one use and a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from bot.accounts.opening import NewAccount, connect
from bot.accounts.vault import Vault
from bot.errors import Misuse
from publishers import App, Consent, Secret, ask_consent, author_of, code_of, fetch_token

if TYPE_CHECKING:
    from bot.records import Records
    from bot.records.tables import AccountRow
    from bot.settings import Settings
    from publishers import AccountReport
    from publishers.scopes import Kind

ORGANIZATION = "urn:li:organization:"
WEB, TOKENS = {"x": "web_address", "linkedin": "login_address"}, {"x": "address", "linkedin": "login_address"}
"""Which of an account's addresses has the consent page, and which hands out tokens."""


def begin_consent(settings: Settings, records: Records, account: NewAccount, redirect: str) -> str:
    """The address of the network's consent page; it sends the browser of whoever agreed back to `redirect`.

    On LinkedIn an organisation's `author` in the account's settings makes its posts be by that organisation.

    Raises:
        Misuse: if the settings name no app of that network.
    """
    network, own = account.network, account.settings
    kind: Kind = "organization" if str(own.get("author", "")).startswith(ORGANIZATION) else "person"
    web_address = own.get(WEB.get(network, ""), "")
    consent = ask_consent(network, app_of(settings, network), redirect, kind=kind, web_address=web_address)
    remembered = {**asdict(account), "redirect": redirect, "verifier": consent.verifier.reveal()}
    records.add_consent(consent.state, Vault(settings.home).seal_fields(remembered))
    return consent.address


def finish_consent(settings: Settings, records: Records, query: Mapping[str, str]) -> tuple[AccountRow, AccountReport]:
    """Connect the account with the query that the browser came back with, in the workspace where it was begun.

    Raises:
        Misuse: if nobody is connecting an account with that `state`, or took too long.
        PublishError: if the person declined, or in the network's words.
    """
    state = query.get("state", "")
    row = records.take_consent(state)
    if row is None:
        raise Misuse("This page was used already, or is older than a quarter of an hour: connect the account again.")
    kept = Vault(settings.home).open_fields(row.sealed)
    account = NewAccount(kept["network"], kept["name"], kept["owner"], kept["settings"])
    network, own = account.network, account.settings
    consent = Consent(network, "", kept["redirect"], state, Secret(kept["verifier"]))
    code, app = code_of(consent, query), app_of(settings, network)
    token = fetch_token(consent, app, code, token_address=own.get(TOKENS[network], ""))
    if network == "linkedin" and not own.get("author"):
        where = {"address": own["address"]} if own.get("address") else {}
        account = replace(account, settings={**own, "author": author_of(token, **where)})
    return connect(settings, records.in_workspace(row.workspace), account, token)


def app_of(settings: Settings, network: str) -> App:
    """The app that the settings name for a network.

    Raises:
        Misuse: if they name none, or LinkedIn's has no secret.
    """
    client_id, secret = getattr(settings, f"{network}_client_id"), getattr(settings, f"{network}_client_secret")
    if not client_id or (network == "linkedin" and not secret):
        missing = f"{network}_client_secret" if client_id else f"{network}_client_id"
        raise Misuse(f"Set {missing}, from the app's page at the network's developers (docs/publishing.md).")
    return App(client_id, Secret(secret) if secret else None)
