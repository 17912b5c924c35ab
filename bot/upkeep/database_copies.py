"""Copies of the database: SQLite by its online backup, PostgreSQL by pg_dump and pg_restore."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from bot.errors import EaselError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
LONGEST_REASON = 400
FROM_QUERY = {"host": "PGHOST", "port": "PGPORT", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}


def kind_of(url: str) -> str:
    """ "sqlite" or "postgresql"."""
    return make_url(url).get_backend_name()


def copy_out(url: str, target: Path) -> None:
    """Copy the database, as it is at one moment, into a file while others go on using it.

    Raises:
        EaselError: if it cannot be read, or PostgreSQL's tools are not there.
    """
    parsed = make_url(url)
    if kind_of(url) == POSTGRESQL:
        run_tool("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], parsed)
        return
    source = sqlite3.connect(str(parsed.database))
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
        check_sqlite(copy, target)
    except sqlite3.DatabaseError as error:
        raise EaselError(f"The database {parsed.database} cannot be copied ({error}).") from None
    finally:
        source.close()
        copy.close()


def check_sqlite(connection: sqlite3.Connection, file: Path) -> None:
    """Raise EaselError if the database is damaged."""
    found = connection.execute("PRAGMA integrity_check").fetchone()
    if found != ("ok",):
        raise EaselError(f"The database {file.name} is damaged ({found[0]}). Use another backup.")


def copy_in(source: Path, url: str) -> None:
    """Fill an empty PostgreSQL database from a copy, whole or not at all.

    Raises:
        EaselError: if that fails.
    """
    arguments = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    parsed = make_url(url)
    run_tool("pg_restore", [*arguments, f"--dbname={parsed.database}", str(source)], parsed)


def run_tool(tool: str, arguments: list[str], url: URL) -> None:
    """Run one of PostgreSQL's own tools; what it needs to connect goes by the environment, which `ps` does not show."""
    path = shutil.which(tool)
    if path is None:
        raise EaselError(f"{tool} is not on the PATH: install PostgreSQL's client tools of the server's version.")
    connection = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
        **{variable: str(url.query[name]) for name, variable in FROM_QUERY.items() if name in url.query},
    }
    environment = {**os.environ, **{name: value for name, value in connection.items() if value}}
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise EaselError(f"{tool} failed: {done.stderr.strip()[:LONGEST_REASON]}")
