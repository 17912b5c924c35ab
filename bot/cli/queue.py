"""What is coming and what waits for a person: listed, moved, cancelled, sent now, confirmed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.records import open_records

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.records import Records
    from bot.records.tables import PublicationRow

PostId = Annotated[str, typer.Argument(metavar="POST", help="The id of a post (post_…) or of a publication (pub_…).")]
OnNetwork = Annotated[str, typer.Option("--to", help="Only what goes to this network.")]
SHOWN = 50


def queue(
    every: Annotated[bool, typer.Option("--all", help=f"All of it, not only the next {SHOWN}.")] = False,
) -> None:
    """List what is planned, the next first, and what waits for your decision."""
    from rich.console import Console

    from bot.records.states import ASKING, COMING
    from bot.settings import load_settings

    settings = load_settings()
    records = open_records()
    console = Console(highlight=False)
    asking = records.planned(ASKING, None if every else SHOWN)
    coming = records.planned(COMING, None if every else SHOWN)
    if not asking and not coming:
        console.print("Nothing is planned.")
        return
    if asking:
        console.print("[bold]Waits for you[/]")
        console.print(publications_list(asking, settings.zone))
    if coming:
        if asking:
            console.print("[bold]Coming[/]")
        console.print(publications_list(coming, settings.zone))
    for shown, states in ((asking, ASKING), (coming, COMING)):
        if len(shown) == SHOWN and not every and (more := records.count_publications(states) - SHOWN) > 0:
            console.print(f"[dim]and {more:,} more: `easel queue --all`.[/]")


def reschedule(
    post_id: PostId,
    at: Annotated[str, typer.Option(help='"tomorrow 9:00", "mon 14:30", ISO, or "slot" for the next free slot.')],
    to: OnNetwork = "",
) -> None:
    """Move what is planned, missed or failed to another time."""
    from bot.errors import Misuse
    from bot.pipeline.moving import move
    from bot.schedule import parse_time
    from bot.settings import load_settings

    settings = load_settings()
    records = open_records()
    chosen = None if at == "slot" else parse_time(at, settings.zone, datetime.now(UTC))
    rows = chosen_rows(records, post_id, to, ("planned", "missed", "failed"))
    if not rows:
        raise Misuse(nothing_to(records, "move", post_id, to))
    for row in rows:
        when = move(records, row, chosen, person())
        typer.echo(f"{row.network}: {local(when, settings.zone)}")


def publish(post_id: PostId, to: OnNetwork = "") -> None:
    """Publish now what is planned, missed or failed."""
    from bot.cli.screen import publications_table
    from bot.errors import EaselError, Misuse
    from bot.pipeline.moving import send_now
    from bot.pipeline.publish import publish
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings

    studio = Studio(load_settings())
    rows = chosen_rows(studio.records, post_id, to, ("planned", "missed", "failed"))
    if not rows:
        raise Misuse(nothing_to(studio.records, "publish", post_id, to))
    done = []
    for row in rows:
        send_now(studio.records, row, person())
        done.append(publish(studio, row.id))
    print_table(publications_table(done))
    if failed := [row for row in done if row.state == "failed"]:
        raise EaselError(f"{failed[0].network}: {failed[0].error}")


def cancel(post_id: PostId, to: OnNetwork = "") -> None:
    """Take what is planned, missed, failed or in doubt off the plan for good."""
    from bot.errors import Misuse

    records = open_records()
    rows = chosen_rows(records, post_id, to, ("planned", "missed", "failed", "needs_confirmation"))
    if not rows:
        raise Misuse(nothing_to(records, "cancel", post_id, to))
    for row in rows:
        records.cancel(row.id, person(), "cancelled")
        typer.echo(f"{row.network}: cancelled")


def confirm(
    post_id: PostId,
    there: Annotated[bool, typer.Option("--there/--not-there", help="Whether you see the post on the network.")],
    url: Annotated[str, typer.Option(help="Its address, if it is there.")] = "",
    to: OnNetwork = "",
) -> None:
    """Say whether a post is on the network where Easel cannot know; if not, it is sent again."""
    from bot.errors import Misuse

    records = open_records()
    rows = chosen_rows(records, post_id, to, ("needs_confirmation",))
    if not rows:
        raise Misuse(nothing_to(records, "confirm", post_id, to))
    for row in rows:
        records.confirm(row.id, there, person(), url or None)
        typer.echo(f"{row.network}: {'published' if there else 'planned again'}")


def take_down(post_id: PostId, to: OnNetwork = "") -> None:
    """Take a published post off its networks; it stays in the records as taken down."""
    from bot.errors import Misuse
    from bot.pipeline.studio import Studio
    from bot.pipeline.take_down import take_down
    from bot.settings import load_settings

    studio = Studio(load_settings())
    rows = chosen_rows(studio.records, post_id, to, ("published",))
    if not rows:
        raise Misuse(nothing_to(studio.records, "take down", post_id, to))
    for row in rows:
        take_down(studio, row.id, person())
        typer.echo(f"{row.network}: taken down")


def chosen_rows(records: Records, subject: str, network: str, states: tuple[str, ...]) -> list[PublicationRow]:
    """The publications that are meant: of a post or one by its id, on one network or all, in `states`."""
    if subject.startswith("pub_"):
        rows = [row for row in [records.publication(subject)] if row.workspace == records.workspace]
    else:
        rows = records.publications(records.post(subject).id)
    return [row for row in rows if row.state in states and network in ("", row.network)]


def nothing_to(records: Records, do: str, subject: str, network: str) -> str:
    """Why there is nothing to do, with the states that were met."""
    met = chosen_rows(records, subject, network, tuple(known_states()))
    where = ", ".join(f"{row.network} is {row.state}" for row in met) or "it has no publications yet"
    return f"There is nothing to {do} of {subject}: {where}."


def known_states() -> list[str]:
    """All states of a publication."""
    from bot.records import PublicationState

    return list(PublicationState)


def publications_list(rows: list[PublicationRow], zone: ZoneInfo) -> object:
    """The rows as a table, times as the reader's clock shows them."""
    from rich.table import Table
    from rich.text import Text

    table = Table("at", "network", "account", "status", "post", "text", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        words = " ".join(row.text.split())[:60]
        table.add_row(local(row.due_at, zone), row.network, row.account, row.state, row.post_id, Text(words))
        if row.error:
            table.add_row("", "", "", "", "", Text(row.error, style="yellow"))
    return table


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A time on the reader's clock."""
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"


def print_table(table: object) -> None:
    """Show a table."""
    from rich.console import Console

    Console(highlight=False).print(table)


def person() -> str:
    """Who sits at this terminal."""
    from bot.cli.session import person as somebody

    return somebody()
