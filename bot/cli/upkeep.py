"""Keeping and forgetting: `easel backup`, `easel restore`, `easel retention`, `easel data`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

data = typer.Typer(help="What is kept of a person: handed to them, or erased.", no_args_is_help=True)

Person = Annotated[str, typer.Argument(help="As the audit names them, such as cli:ana, or a Slack user's id.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The file of the backup.")]


def backup(
    file: File,
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Put the key that opens the tokens into it too. Guard the file then.")
    ] = False,
) -> None:
    """Write database, pictures, outbox and the home's .toml files into one checked file, while all goes on working."""
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


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Forget posts that have been over for `retention_days`, and pictures that nothing names any more."""
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings
    from bot.upkeep.retention import retain

    settings = load_settings()
    removed = retain(Studio(settings), datetime.now(UTC), dry_run=dry_run)
    would = "would go" if dry_run else "are gone"
    typer.echo(f"{removed.posts:,} posts and {removed.pictures:,} pictures ({removed.bytes / 1e6:,.1f} MB) {would}.")
    if not settings.retention_days:
        typer.echo("Posts are kept for ever: the setting retention_days is 0.")


@data.command("export")
def export(person: Person, file: Annotated[Path, typer.Argument(help="A zip that is not there yet.")]) -> None:
    """Write all that this workspace keeps of a person into a zip: data.json and their pictures."""
    from bot.errors import Misuse
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings
    from bot.upkeep.personal_data import export_person

    if file.exists():
        raise Misuse(f"{file} is there already: choose another name.")
    count = export_person(Studio(load_settings()), person, file)
    typer.echo(f"{file}: {count:,} posts of {person}.")


@data.command("erase")
def erase(person: Person, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Erase a person's posts, pictures and name. The audit keeps what was done, under a name that says nothing."""
    from bot.cli.session import person as somebody
    from bot.errors import EaselError
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings
    from bot.upkeep.personal_data import erase_person, refuse_unknown

    studio = Studio(load_settings())
    refuse_unknown(studio, person)
    if not yes and not typer.confirm(f"Erase everything of {person} for good? What they planned will not go out."):
        raise EaselError("Nothing was erased.")
    erased = erase_person(studio, person, somebody())
    typer.echo(f"{erased.posts:,} posts of {person} are erased; the audit calls them {erased.pseudonym}.")
    for row in erased.live:
        typer.echo(f"Still on {row.network}: {row.url}")
    typer.echo("Backups made before this hold it still.")
