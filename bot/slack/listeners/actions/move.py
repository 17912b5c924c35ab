"""The button "Move": another time for a publication."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.blocks.move import move_view
from bot.slack.desk import Desk
from bot.slack.publications import seen_publication

ACTION = "move"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Ask for the time."""
    publication = await seen_publication(desk, row)
    await desk.client.views_open(trigger_id=row.body["trigger"], view=move_view(publication))
