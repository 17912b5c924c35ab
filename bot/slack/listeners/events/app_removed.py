"""The app was uninstalled, or its tokens were revoked: what they opened is forgotten, and nothing more goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.records.tables import RequestRow
from bot.records.values import EASEL
from bot.slack.asking import Listener
from bot.slack.desk import Desk
from bot.slack.inbox import Asked, Inbox
from bot.slack.payloads import id_at, team_of

UNINSTALLED, REVOKED = "app_uninstalled", "tokens_revoked"
KIND = "app_removed"


def listener(inbox: Inbox) -> Listener:
    """Keep that the app was removed; of revoked tokens only the app's own matter."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        tokens = event.get("tokens")
        ours = not isinstance(tokens, Mapping) or bool(tokens.get("bot"))
        if event.get("type") == UNINSTALLED or ours:
            team = team_of(body)
            await inbox.keep(Asked(f"event:{id_at(body, 'event_id')}", KIND, team, "", {"team": team}))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Forget the installation and the accounts' tokens; what is planned waits."""
    await desk.do(desk.records.disconnect_accounts, EASEL, "the Slack app was removed")
    await desk.do(desk.records.forget_installation, row.body["team"])
