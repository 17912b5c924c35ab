"""The button "It is there": a person saw a post of which nobody else can know."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.desk import Desk
from bot.slack.publications import say_whether_there

ACTION = "there"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Note that it is published."""
    await say_whether_there(desk, row, there=True)
