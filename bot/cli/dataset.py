"""`easel dataset`: what to train on, from the records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Captions and pictures to train on.", no_args_is_help=True)


@app.callback()
def dataset() -> None:
    """Captions and pictures to train on."""


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, which `easel train` can read.")],
    workspace: Annotated[str, typer.Option(help="Whose decisions; the settings' workspace if left out.")] = "",
) -> None:
    """Write approved pictures with their captions, and rejected ones as a list to look at, without people's names."""
    from bot.dataset import export as write
    from bot.dataset import refuse_unallowed
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings

    settings = load_settings()
    whose = workspace or settings.workspace
    refuse_unallowed(whose, settings.training_workspaces)
    studio = Studio(settings)
    done = write(studio.records.in_workspace(whose).outcomes(), studio.pictures, folder)
    left = f" {done.without_words} had no words left without people's names." if done.without_words else ""
    typer.echo(f"{done.folder}: {done.approved} approved pictures in captions.jsonl, {done.rejected} rejected.{left}")
    typer.echo("Read the captions before you train: a name that is an ordinary word cannot be told from one.")
