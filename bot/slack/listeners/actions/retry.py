"""The buttons "Retry" and "Publish now": a publication goes out at once."""

from __future__ import annotations

from bot.pipeline.moving import send_now
from bot.records.tables import RequestRow
from bot.slack.desk import Desk
from bot.slack.publications import seen_publication

ACTION = "retry"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Plan the publication for now."""
    publication = await seen_publication(desk, row)
    await desk.do(send_now, desk.records, publication, row.person, attempt=publication.attempt)
