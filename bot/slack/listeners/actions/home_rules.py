"""The button "Who may do what" of the Home tab."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.desk import Desk
from bot.slack.ruling import open_rules

ACTION = "home_rules"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Show the rules that hold everywhere."""
    await open_rules(desk, row)
