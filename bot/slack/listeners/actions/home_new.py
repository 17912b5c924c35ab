"""The button "New post" of the Home tab: the empty form."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.roles import Role
from bot.slack.composing import open_compose
from bot.slack.desk import Desk

ACTION = "home_new"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Open the form."""
    await desk.need(row.body["user"], Role.REQUESTER, "")
    await open_compose(desk, row, ask_where=True)
