"""Opening the database: SQLite in WAL mode by default, PostgreSQL by URL, brought up to the newest schema."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from bot.errors import EaselError, Misuse

MIGRATIONS = Path(__file__).parent / "migrations"

BUSY_TIMEOUT_SECONDS = 15
"""How long a writer waits for another one; SQLite admits one at a time."""


READING = {"easel_reads": True}
"""Execution options of connections that only read."""


def open_database(url: str) -> Engine:
    """An engine for `url` whose schema is the newest.

    Raises:
        Misuse: if the URL is no database URL or its driver is not installed.
        EaselError: if the database cannot be opened or is damaged.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args=connect_arguments(parsed.get_backend_name()))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise Misuse(f"database_url is not usable ({error}). See config/easel.toml for its form.") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", begin)
    try:
        migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        raise EaselError(
            f"The database {parsed.render_as_string(hide_password=True)} cannot be opened: {error.orig}. "
            "If the disk is full, free some space; if the file is damaged, move it away and restore a backup."
        ) from None
    return engine


def connect_arguments(backend: str) -> dict[str, Any]:
    """What the driver is told beyond the URL."""
    return {"timeout": BUSY_TIMEOUT_SECONDS} if backend == "sqlite" else {}


def prepare_sqlite(connection: Any, _record: Any) -> None:
    """Settings that SQLite keeps per connection."""
    connection.isolation_level = None  # sqlite3's own BEGIN comes too late for a compare-and-set
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def begin(connection: Connection) -> None:
    """Take the write lock at once, so that a transaction cannot fail half-way on SQLITE_BUSY; a reader needs none."""
    reads = READING.keys() <= connection.get_execution_options().keys()
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def newest_revision() -> str:
    """The newest migration, read from the file names so that a normal start need not import Alembic."""
    numbers = [match[0] for file in MIGRATIONS.glob("versions/*.py") if (match := re.match(r"\d{4}", file.name))]
    return max(numbers)


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision; a database that is there already costs one query.

    Raises:
        EaselError: if a newer Easel has been at it.
    """
    current, newest = current_revision(engine), newest_revision()
    if current is not None and current > newest:
        raise EaselError(
            f"The database {engine.url.render_as_string(hide_password=True)} is of a newer Easel (schema {current}, "
            f"this one knows {newest}): update Easel."
        )
    if current != newest:
        run_migrations(engine, "upgrade", "head")


def run_migrations(engine: Engine, direction: Literal["upgrade", "downgrade"], revision: str) -> None:
    """Let Alembic move the schema up or down to `revision`, in one transaction."""
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # of several processes that start at once, one migrates
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('easel migrations'))"))
        configuration.attributes["connection"] = connection
        getattr(command, direction)(configuration, revision)


def current_revision(engine: Engine) -> str | None:
    """The revision that the database is at, or None for an empty one."""
    with engine.execution_options(**READING).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
