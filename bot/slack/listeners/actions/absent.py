"""The button "It is not there": a person looked for a post of which nobody else can know, and it is sent again."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.desk import Desk
from bot.slack.publications import say_whether_there

ACTION = "absent"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Plan it again."""
    await say_whether_there(desk, row, there=False)
