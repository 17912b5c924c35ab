"""The button "Edit": the brief and the words, to be changed."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.desk import Desk
from bot.slack.editing import open_edit

ACTION = "edit"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Open the form."""
    await open_edit(desk, row)
