"""The button "Retry" and "Publish now": a publication goes out at once."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.records.tables import RequestRow
from bot.slack.desk import Desk
from bot.slack.publications import seen_publication

ACTION = "retry"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Plan the publication for now."""
    publication = await seen_publication(desk, row)
    now = datetime.now(UTC)
    await desk.do(
        desk.records.reschedule, publication.id, now, row.person, "published now", attempt=publication.attempt
    )
