"""`easel backup` and `easel restore`: everything that cannot be made again, in one checked file.

In it: the database, the pictures, the outbox, and what was set in the home's files: settings, who may do what, what
moderation forbids. Not in it: models, compiled programs, the queues (a sweep makes them again), and the key that opens
the tokens, unless it is asked for.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.accounts.vault import KEY_FILE
from bot.errors import EaselError, Misuse
from bot.records import Records, open_database
from bot.upkeep.archive import read_manifest, unpack, written
from bot.upkeep.database_copies import POSTGRESQL, SQLITE, check_sqlite, copy_in, copy_out, kind_of

if TYPE_CHECKING:
    from bot.settings import Settings

DATABASE = "database"
FOLDERS = ("pictures", "outbox")
FILES = ("easel.toml", "roles.toml", "moderation.toml")


@dataclass(frozen=True)
class Restored:
    """What came back: how many files, and how many publications now ask whether they went out meanwhile."""

    made_at: datetime
    files: int
    in_doubt: int


def back_up(settings: Settings, file: Path, *, with_key: bool = False) -> int:
    """Write a backup and check it by reading it again; how many files are in it. Others may go on working.

    The database is copied first, so that every picture it names is in the backup.

    Raises:
        EaselError: if the database cannot be copied, or the disk is full.
    """
    open_database(settings.database).dispose()
    made_at = datetime.now(UTC)
    with scratch(file.absolute().parent) as folder:
        copy_out(settings.database, folder / DATABASE)
        with written(file) as writer:
            writer.add(folder / DATABASE, DATABASE)
            for name in FOLDERS:
                writer.add_folder(settings.home / name, name)
            for name in (*FILES, *[KEY_FILE] * with_key):
                writer.add(settings.home / name, name)
            writer.finish(made_at, kind_of(settings.database))
        manifest = read_manifest(file)
        unpack(file, manifest, folder / "check")
    return len(manifest.members)


def restore(settings: Settings, file: Path, person: str) -> Restored:
    """Put a backup into a home and a database that hold nothing yet.

    What was planned for a time that is past by now may have gone out after the backup was made, so nobody may send it
    without a look: it asks as `missed`.

    Raises:
        Misuse: if there is something already, or the backup's database is of another kind than the settings'.
        EaselError: if the backup is damaged; nothing is changed then.
    """
    manifest = read_manifest(file)
    kind = kind_of(settings.database)
    if manifest.database != kind:
        raise Misuse(f"{file} holds a {manifest.database} database, and database_url names a {kind} one.")
    refuse_occupied(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    with scratch(settings.home) as folder:
        unpack(file, manifest, folder)
        url = f"sqlite:///{folder / DATABASE}" if kind == SQLITE else settings.database
        if kind == SQLITE:
            check_copy(folder / DATABASE)
        else:
            copy_in(folder / DATABASE, url)
        records = Records.open(url, settings.workspace)
        in_doubt = records.doubt_planned(datetime.now(UTC), manifest.made_at, person)
        records.engine.dispose()
        if (folder / KEY_FILE).exists():
            (folder / KEY_FILE).chmod(0o600)  # while it still lies where nobody else can look
        for name in (*FOLDERS, *FILES, KEY_FILE):
            if (folder / name).exists():
                (folder / name).rename(settings.home / name)
        if kind == SQLITE:
            (folder / DATABASE).rename(database_file(settings))
    return Restored(manifest.made_at, len(manifest.members), in_doubt)


def refuse_occupied(settings: Settings) -> None:
    """Raise Misuse if the home or the database holds anything that a restore would mix with."""
    taken = [settings.home / name for name in (*FOLDERS, *FILES, KEY_FILE) if (settings.home / name).exists()]
    if kind_of(settings.database) == POSTGRESQL:
        refuse_tables(settings.database)
    elif database_file(settings).exists():
        taken.append(database_file(settings))
    if taken:
        raise Misuse(f"{taken[0]} is there already: move it away, or set EASEL_HOME to an empty folder.")


def refuse_tables(url: str) -> None:
    """Raise Misuse if the PostgreSQL database is not empty."""
    engine = create_engine(url)
    try:
        if inspect(engine).get_table_names():
            raise Misuse("The database of database_url is not empty: make a new one and name it there.")
    except DBAPIError as error:
        raise EaselError(f"The database of database_url cannot be reached: {error.orig}") from None
    finally:
        engine.dispose()


def database_file(settings: Settings) -> Path:
    """Where the SQLite database lies."""
    return Path(str(make_url(settings.database).database))


def check_copy(file: Path) -> None:
    """Raise EaselError if the restored SQLite database is damaged."""
    connection = sqlite3.connect(file)
    try:
        check_sqlite(connection, file)
    except sqlite3.DatabaseError as error:
        raise EaselError(f"The backup's database is damaged ({error}). Use another backup.") from None
    finally:
        connection.close()


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """A folder for unfinished work on the same disk, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f".easel-{os.getpid()}-", dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
