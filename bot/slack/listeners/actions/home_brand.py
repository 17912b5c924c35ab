"""The button "Brand" of the Home tab."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.branding import open_brand
from bot.slack.desk import Desk

ACTION = "home_brand"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Show how the workspace's pictures look."""
    await open_brand(desk, row)
