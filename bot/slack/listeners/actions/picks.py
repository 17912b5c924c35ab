"""Other pictures were picked in the preview: it is made anew."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.approving import renew_preview
from bot.slack.desk import Desk

ACTION = "picks"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Show the preview of these picks."""
    await renew_preview(desk, row)
