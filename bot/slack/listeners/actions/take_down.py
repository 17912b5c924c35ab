"""The button "Take down": a live post is removed from its network."""

from __future__ import annotations

from bot.pipeline.take_down import take_down
from bot.records.tables import RequestRow
from bot.slack.desk import Desk
from bot.slack.publications import seen_publication

ACTION = "take_down"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Take the post down."""
    publication = await seen_publication(desk, row)
    await desk.do(take_down, desk.studio, publication.id, row.person)
