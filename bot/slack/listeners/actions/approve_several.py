"""The button "Approve several": the preview, where more pictures can be picked."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.approving import open_preview
from bot.slack.desk import Desk

ACTION = "approve_several"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Open the preview."""
    await open_preview(desk, row)
