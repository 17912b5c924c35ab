"""`easel moderation`: what people made of the moderators' verdicts, and better thresholds from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.records import open_records

if TYPE_CHECKING:
    from moderation.feedback import Proposal

app = typer.Typer(help="What approvers made of the verdicts.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


@app.command()
def report(as_json: AsJson = False) -> None:
    """Show for each moderator how often people decided otherwise, the worst first."""
    import json

    from rich.console import Console
    from rich.table import Table

    from bot.pipeline.feedback import overrides
    from moderation.feedback import report

    rows = report(overrides(open_records()))
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row.to_dict()))
        return
    if not rows:
        typer.echo("Nobody has approved or rejected anything yet.")
        return
    counted = ("judged", "disagreed", "stopped wrongly", "let through", "shown", "of these approved")
    table = Table("moderator", "category", *counted, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        counts = (row.stopped_wrongly, row.let_through, row.reviews, row.approved_reviews)
        table.add_row(row.moderator, row.category, str(row.judged), f"{row.disagreement:.0%}", *map(str, counts))
    Console(soft_wrap=True).print(table)


@app.command()
def calibrate(
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the proposals into moderation.toml in Easel's home.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --apply: do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Propose thresholds from what people decided, with the counts that justify them."""
    import json

    from bot.pipeline.feedback import overrides, thresholds_in_use
    from bot.settings import load_settings
    from moderation import Policy
    from moderation.feedback import FEWEST_ROWS, calibrate

    settings = load_settings()
    policy = Policy.load(settings.moderation_policy)
    proposals = calibrate(overrides(open_records()), thresholds_in_use(policy))
    if not proposals:
        typer.echo(
            f"Nothing to propose: that takes {FEWEST_ROWS} decisions on one moderator's category, of both kinds."
        )
        return
    for proposal in proposals:
        typer.echo(json.dumps(proposal.to_dict()) if as_json else told(proposal))
    if apply and (yes or typer.confirm(f"Write them into {settings.home / 'moderation.toml'}?")):
        write(settings.moderation_policy, settings.home / "moderation.toml", proposals)
        typer.echo(
            f"Written into {settings.home / 'moderation.toml'}. Processes that run take it up when they start again."
        )


def told(proposal: Proposal) -> str:
    """A proposal and why."""
    return (
        f"{proposal.moderator}, {proposal.category}: review {proposal.now.review:g} -> {proposal.proposed.review:g}, "
        f"block {proposal.now.block:g} -> {proposal.proposed.block:g}\n"
        f"  of {proposal.judged} decisions {proposal.rejected} were rejections; shown to a person: "
        f"{proposal.reviews_now} -> {proposal.reviews_proposed}; rejected ones passed unseen: "
        f"{proposal.missed_now} -> {proposal.missed_proposed}"
    )


def write(source: Path, target: Path, proposals: list[Proposal]) -> None:
    """The policy `source` with the proposed thresholds as `target`, checked before it takes its place."""
    import os

    from moderation import Policy
    from moderation.feedback import with_thresholds

    text = source.read_text(encoding="utf-8")
    for proposal in proposals:
        text = with_thresholds(text, proposal)
    part = target.with_name(f"{target.name}.part")
    part.write_text(text, encoding="utf-8")
    Policy.load(part)
    os.replace(part, target)
