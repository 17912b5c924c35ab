"""The button "Schedule": the preview, with the time asked for."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.approving import open_preview
from bot.slack.desk import Desk
from bot.slack.forms import AT

ACTION = "schedule"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Open the preview at its time."""
    await open_preview(desk, row, when=AT)
