"""Another time for a publication was picked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.pipeline.moving import move
from bot.records.tables import RequestRow
from bot.slack.asking import Listener
from bot.slack.blocks.move import MOVE
from bot.slack.desk import Desk
from bot.slack.forms import SLOT, read, refuse_time
from bot.slack.inbox import Asked, Inbox
from bot.slack.payloads import id_at, kept_view, team_of, user_at
from bot.slack.publications import seen_publication

CALLBACK = MOVE


def listener(inbox: Inbox) -> Listener:
    """Check the time and keep it."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        user, sent = user_at(body, "user", "id"), kept_view(view)
        when, at = read(sent["values"], "when"), read(sent["values"], "at") or 0
        if when != SLOT and (refusal := refuse_time(at, datetime.now(UTC))):
            await ack(response_action="errors", errors={"at": refusal})
            return
        kept = {"user": user, "slot": when == SLOT, "at": at, "value": id_at(sent["metadata"], "publication")}
        await inbox.keep(Asked(f"{MOVE}:{sent['id']}", MOVE, team_of(body), user, kept))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Move the publication."""
    publication = await seen_publication(desk, row)
    at = None if row.body["slot"] else datetime.fromtimestamp(row.body["at"], UTC)
    await desk.do(move, desk.records, publication, at, row.person, attempt=publication.attempt)
