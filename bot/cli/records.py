"""The records, for commands that need no other room."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.records import Records


def open_records() -> Records:
    """The records of this workspace, without opening any other room."""
    from bot.records import Records
    from bot.settings import load_settings

    settings = load_settings()
    return Records.open(settings.database, settings.workspace)
