"""Commands that only show: settings and their sources, what happened."""

from __future__ import annotations

from typing import Annotated

import typer

config = typer.Typer(help="Settings and where they come from.", no_args_is_help=True)


@config.callback()
def settings() -> None:
    """Keep `show` a command of its own; Typer folds a group of one."""


@config.command("show")
def show() -> None:
    """Print every setting, its value and where the value comes from."""
    from rich.console import Console
    from rich.table import Table

    from bot.settings import Settings, load_settings

    current = load_settings()
    table = Table("setting", "value", "from", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name, field in Settings.model_fields.items():
        value = "(hidden)" if not field.repr and getattr(current, name) else str(getattr(current, name))
        table.add_row(name, value, current.origin(name))
    Console(highlight=False).print(table)


def audit(post_id: Annotated[str, typer.Argument(metavar="POST")]) -> None:
    """Print who moved a post and its publications from where to where, when and why."""
    from rich.console import Console
    from rich.table import Table

    from bot.pipeline.studio import Studio
    from bot.settings import load_settings

    settings = load_settings()
    records = Studio(settings).records
    subjects = [records.post(post_id).id, *(row.id for row in records.publications(post_id))]
    table = Table("at", "what", "who", "from", "to", "why", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in sorted((row for subject in subjects for row in records.audit(subject)), key=lambda row: row.id):
        when = row.at.astimezone(settings.zone)
        table.add_row(
            f"{when:%Y-%m-%d %H:%M:%S}", row.subject, row.person, row.from_state or "-", row.to_state, row.why
        )
    Console(highlight=False, markup=False).print(table)
