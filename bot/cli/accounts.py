"""`easel accounts` and `easel slots`: who is posted for, and at which times of the week."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.records import open_records

if TYPE_CHECKING:
    from bot.accounts import NewAccount
    from bot.records import Records
    from bot.records.tables import AccountRow
    from bot.settings import Settings
    from publishers import AccountReport

accounts = typer.Typer(help="Accounts on X and LinkedIn; their tokens are kept encrypted.", no_args_is_help=True)
slots = typer.Typer(help="Weekly times at which an account posts.", no_args_is_help=True)

Network = Annotated[str, typer.Argument(help="x or linkedin.")]
Account = Annotated[str, typer.Option("--name", help="The account's name. Default: the first of the network.")]
LONGEST_TOKEN_FILE = 65_536
NETWORKS = ("x", "linkedin")


@accounts.command("add")
def add(
    network: Network,
    name: Annotated[str, typer.Option(help="What you call it, such as brand.")] = "main",
    token: Annotated[
        Path | None, typer.Option(help="A JSON file with the token's fields, or - for standard input. Default: asked.")
    ] = None,
    author: Annotated[str, typer.Option(help="LinkedIn: urn:li:person:… or urn:li:organization:….")] = "",
    address: Annotated[str, typer.Option(help="Another server than the network's own, such as the playground.")] = "",
    login_address: Annotated[str, typer.Option(help="The same, for LinkedIn's tokens.")] = "",
    browser: Annotated[bool, typer.Option("--browser", help="Allow it on the network's own page instead.")] = False,
    port: Annotated[
        int | None, typer.Option(help="With --browser: where on this machine the page comes back to. Default: 8765.")
    ] = None,
) -> None:
    """Connect an account, or connect it anew: the token is checked with the network, then stored encrypted.

    With --browser the network asks you on its own page; its app has to know http://127.0.0.1:8765/callback. Else X
    takes consumer_key, consumer_secret, access_token, access_token_secret (OAuth 1.0a), or access_token,
    refresh_token, client_id, client_secret (OAuth 2); LinkedIn access_token and expires_at.
    """
    from bot.accounts import NewAccount, connect
    from bot.cli.session import person
    from bot.errors import Misuse
    from bot.settings import load_settings

    known(network)
    if not name.strip() or len(name) > 60 or not name.isprintable():
        raise Misuse("An account's name has 1 to 60 printable characters.")
    given = {"author": author, "address": address, "login_address": login_address}
    if network == "x":
        given["web_address"] = address  # another server has its pages where its API is
    account = NewAccount(network, name, person(), {key: value for key, value in given.items() if value})
    settings, records = load_settings(), open_records()
    if browser:
        connect_in_browser(settings, records, account, port)
        return
    from bot.accounts.tokens import token_from

    fields = read_token(token) if token else ask_token(network)
    row, report = connect(settings, records, account, token_from(fields))
    typer.echo(connected(row, report))


def connect_in_browser(settings: Settings, records: Records, account: NewAccount, port: int | None) -> None:
    """Send the person to the network's page and wait for them to come back."""
    import webbrowser
    from urllib.parse import parse_qs, urlsplit

    from bot.accounts.consent import begin_consent, finish_consent
    from bot.loopback import PORT, Loopback
    from bot.records.consents import CONSENT_LIFE

    loopback = Loopback(PORT if port is None else port)
    address = begin_consent(settings, records, account, loopback.address)
    typer.echo(f"Allow it on this page, which opens in your browser:\n{address}")
    webbrowser.open(address)
    [state] = parse_qs(urlsplit(address).query)["state"]

    def finish(query: Mapping[str, str]) -> str:
        return connected(*finish_consent(settings, records, query))

    typer.echo(loopback.wait(state, finish, CONSENT_LIFE.total_seconds()))


def connected(row: AccountRow, report: AccountReport) -> str:
    """What was connected, and what its owner should know."""
    return "\n  ".join([f"{row.network}: {report.name} is connected as {row.name}.", *report.warnings])


@accounts.command("list")
def show() -> None:
    """List the accounts, whether they work, and when their tokens end."""
    from rich.console import Console
    from rich.table import Table

    rows = open_records().accounts()
    console = Console(highlight=False)
    if not rows:
        console.print("No account is connected: posts go to the outbox. `easel accounts add x` connects one.")
        return
    table = Table("network", "name", "state", "connected by", "token ends", "note", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        ends = f"{row.expires_at:%Y-%m-%d}" if row.expires_at else "-"
        table.add_row(row.network, row.name, row.state, row.owner, ends, row.notice or "")
    console.print(table)


@accounts.command("check")
def check() -> None:
    """Ask each network whether the account's token works; one that does is taken out of its pause."""
    from bot.accounts import open_publisher
    from bot.cli.session import person
    from bot.errors import EaselError
    from bot.records.states import AccountState
    from bot.settings import load_settings
    from publishers import PublishError

    settings, records = load_settings(), open_records()
    failed = 0
    for row in records.accounts():
        try:
            report = open_publisher(settings, records, row.network, row.name).check()
        except (PublishError, EaselError) as error:
            failed += 1
            typer.echo(f"{row.network} {row.name}: {error}")
            continue
        records.set_account_state(row.id, AccountState.ACTIVE, person(), "checked: it works")
        typer.echo(f"{row.network} {row.name}: {report.name} works")
        for warning in report.warnings:
            typer.echo(f"  {warning}")
    if failed:
        raise EaselError(f"{failed} account(s) do not work; connect them again with `easel accounts add`.")


@accounts.command("remove")
def remove(network: Network, name: Account = "") -> None:
    """Forget an account, its token and its slots. What is planned for it fails and says so."""
    from bot.cli.session import person
    from bot.records.states import AccountState

    records = open_records()
    row = records.account(known(network), name or chosen(records, network))
    records.set_account_state(row.id, AccountState.REMOVED, person(), "removed")
    typer.echo(f"{network}: {row.name} is removed. Revoke its token at the network too.")


@slots.command("add")
def add_slot(
    network: Network,
    times: Annotated[list[str], typer.Argument(help='Weekday and time, such as "mon 14:30".')],
    name: Account = "",
) -> None:
    """Give an account weekly slots, in your time zone."""
    from bot.schedule import parse_slot
    from bot.settings import load_settings

    records, zone = open_records(), load_settings().zone.key
    account = name or chosen(records, known(network))
    for weekday, at in [parse_slot(text) for text in times]:
        records.add_slot(network, account, weekday, at, zone)
    list_slots(network, account)


@slots.command("list")
def list_slots(network: Network, name: Account = "") -> None:
    """List an account's weekly slots."""
    from bot.schedule import WEEKDAYS

    records = open_records()
    account = name or chosen(records, known(network))
    rows = records.slots(network, account)
    for row in rows:
        typer.echo(f"{network} {account}: {WEEKDAYS[row.weekday]} {row.at} {row.timezone}")
    if not rows:
        typer.echo(f"{network} {account} has no slots.")


@slots.command("remove")
def remove_slot(
    network: Network,
    time: Annotated[str, typer.Argument(help='Such as "mon 14:30".')],
    name: Account = "",
) -> None:
    """Take a weekly slot away; what is planned in it stays planned."""
    from bot.errors import Misuse
    from bot.schedule import parse_slot

    records = open_records()
    account = name or chosen(records, known(network))
    if not records.remove_slot(network, account, *parse_slot(time)):
        raise Misuse(f"{network} {account} has no slot {time!r}. `easel slots list {network}` shows those there are.")
    list_slots(network, account)


def known(network: str) -> str:
    """The network, if there is one of that name."""
    from bot.errors import Misuse

    if network not in NETWORKS:
        raise Misuse(f"There is no network {network!r}. Choose from {', '.join(NETWORKS)}.")
    return network


def chosen(records: Records, network: str) -> str:
    """The name of the account that posts for the network go to."""
    from bot.accounts import account_name

    return account_name(records, network)


def read_token(file: Path) -> dict[str, Any]:
    """The token's fields from a file or standard input; nothing of it is ever shown."""
    from bot.errors import Misuse

    try:
        stream = sys.stdin.buffer if str(file) == "-" else file.open("rb")
        fields = json.loads(stream.read(LONGEST_TOKEN_FILE + 1))
    except OSError as error:
        raise Misuse(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Misuse(f"{file} holds no JSON: it should be an object with the token's fields.") from None
    if not isinstance(fields, dict):
        raise Misuse(f"{file} holds no JSON object with the token's fields.")
    return fields


def ask_token(network: str) -> dict[str, str]:
    """Ask for the token's fields without showing what is typed."""
    from bot.accounts.tokens import OAUTH1_FIELDS

    names: tuple[str, ...] = ("access_token", "refresh_token", "client_id", "client_secret")
    if network == "x" and typer.confirm("OAuth 1.0a keys (no: OAuth 2)?", default=True):
        names = OAUTH1_FIELDS
    answers = {name: typer.prompt(name, hide_input=True, default="", show_default=False) for name in names}
    return {name: value for name, value in answers.items() if value}
