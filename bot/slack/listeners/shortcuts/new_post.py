"""The shortcut "New post" from anywhere: the empty form, which also asks where to review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.records.tables import RequestRow
from bot.roles import Role
from bot.slack.asking import Listener
from bot.slack.composing import open_compose
from bot.slack.desk import Desk
from bot.slack.inbox import Asked, Inbox
from bot.slack.payloads import id_at, team_of, user_at

SHORTCUT = "new_post"


def listener(inbox: Inbox) -> Listener:
    """Keep the shortcut."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        user, trigger = user_at(body, "user", "id"), id_at(body, "trigger_id")
        kept = {"user": user, "channel": "", "trigger": trigger}
        await inbox.keep(Asked(f"{SHORTCUT}:{trigger}", SHORTCUT, team_of(body), user, kept))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Open the form."""
    await desk.need(row.body["user"], Role.REQUESTER, "")
    await open_compose(desk, row, ask_where=True)
