"""An admin set how the workspace's pictures look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.records.tables import RequestRow
from bot.slack.asking import Listener
from bot.slack.blocks.brand import BRAND
from bot.slack.branding import read_brand, save_brand
from bot.slack.desk import Desk
from bot.slack.inbox import Asked, Inbox
from bot.slack.payloads import id_at, kept_view, team_of, user_at

CALLBACK = BRAND


def listener(inbox: Inbox) -> Listener:
    """Check the brand and keep it, or say at the field what is wrong."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        user, sent = user_at(body, "user", "id"), kept_view(view)
        brand, errors = read_brand(sent["values"])
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        kept = {"user": user, "channel": id_at(sent["metadata"], "channel", needed=False), "brand": brand}
        await inbox.keep(Asked(f"{BRAND}:{sent['id']}", BRAND, team_of(body), user, kept))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Set it."""
    await save_brand(desk, row)
