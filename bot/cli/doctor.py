"""`easel doctor`: what is in order, what is not, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.printing import print_json

STYLES = {"good": "green", "warning": "yellow", "broken": "bold red"}


def doctor(json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False) -> None:
    """Check disk, database, workers, queue, model, accounts, tokens, scopes, API versions and clocks."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.markup import escape

    from bot.doctor import examine
    from bot.findings import Health
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings

    console = Console(highlight=False, soft_wrap=True)
    broken = 0
    for finding in examine(Studio(load_settings())):
        broken += finding.health is Health.BROKEN
        if json:
            print_json(asdict(finding))
        else:
            style = STYLES[finding.health]
            console.print(f"[{style}]{finding.health:<8}[/] [bold]{finding.what}[/]  {escape(finding.told)}")
    raise typer.Exit(1 if broken else 0)
