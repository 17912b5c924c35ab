"""The button "Take off the plan": a publication that is not out yet never goes out."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.desk import Desk
from bot.slack.publications import seen_publication

ACTION = "cancel"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Cancel the publication."""
    publication = await seen_publication(desk, row)
    await desk.do(desk.records.cancel, publication.id, row.person, "cancelled", attempt=publication.attempt)
