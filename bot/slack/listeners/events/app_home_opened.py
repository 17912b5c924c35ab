"""A person opened Easel's Home tab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.records.tables import RequestRow
from bot.slack.asking import Listener
from bot.slack.desk import Desk
from bot.slack.home import publish_home
from bot.slack.inbox import Asked, Inbox
from bot.slack.payloads import id_at, team_of, user_at

EVENT = "app_home_opened"


def listener(inbox: Inbox) -> Listener:
    """Keep that the tab has to be shown."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        if event.get("tab", "home") == "home":
            user = user_at(event, "user")
            await inbox.keep(Asked(f"event:{id_at(body, 'event_id')}", EVENT, team_of(body), user, {"user": user}))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Show the tab."""
    await publish_home(desk, row.body["user"])
