"""Keeping and forgetting: `easel backup`, `easel restore`, `easel retention`, `easel data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file of the backup.")]


def backup(
    file: File,
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Put the key that opens the tokens into it too. Guard the file then.")
    ] = False,
) -> None:
    """Write database, pictures, outbox and easel.toml into one checked file, while everything goes on working."""
    from bot.accounts.vault import KEY_FILE
    from bot.errors import Misuse
    from bot.settings import load_settings
    from bot.upkeep.backup import back_up

    settings = load_settings()
    if file.exists():
        raise Misuse(f"{file} is there already: choose another name.")
    if not file.absolute().parent.is_dir():
        raise Misuse(f"There is no folder {file.absolute().parent}.")
    if with_key and not (settings.home / KEY_FILE).exists():
        raise Misuse(f"There is no {settings.home / KEY_FILE}: the key is in EASEL_SECRET_KEY, or none was made yet.")
    count = back_up(settings, file, with_key=with_key)
    typer.echo(f"{file}: {count:,} files, written and checked.")
    if with_key:
        typer.echo("The key is in it: whoever has this file can post for your accounts.")
    else:
        typer.echo("The key that opens the tokens is not in it: keep secret.key or EASEL_SECRET_KEY somewhere else.")


def restore(file: File) -> None:
    """Put a backup into an empty home; what may have gone out since it was made asks before it is sent."""
    from bot.cli.session import person
    from bot.settings import load_settings
    from bot.upkeep.backup import restore

    settings = load_settings()
    restored = restore(settings, file, person())
    when = restored.made_at.astimezone(settings.zone)
    typer.echo(f"{settings.home}: {restored.files:,} files of {when:%Y-%m-%d %H:%M %Z}, all whole.")
    if restored.in_doubt:
        typer.echo(f"{restored.in_doubt:,} publications may have gone out since: see `easel queue`.")
    typer.echo("Stop the Easel that the backup came from before you start this one, then see `easel doctor`.")
