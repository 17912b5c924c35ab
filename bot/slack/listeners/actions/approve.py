"""The button "Approve" on one candidate: the preview of exactly what would be published."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.approving import open_preview
from bot.slack.desk import Desk

ACTION = "approve"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Open the preview with this candidate picked."""
    await open_preview(desk, row)
