"""An admin set the rules of a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.records.tables import RequestRow
from bot.slack.asking import Listener
from bot.slack.blocks.rules import EVERYWHERE, RULES
from bot.slack.desk import Desk
from bot.slack.forms import read
from bot.slack.inbox import Asked, Inbox
from bot.slack.payloads import USER, id_at, kept_view, team_of, user_at
from bot.slack.ruling import save_rules

CALLBACK = RULES
PEOPLE = ("requesters", "approvers", "admins", "trusted")


def listener(inbox: Inbox) -> Listener:
    """Keep the rules."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        user, sent = user_at(body, "user", "id"), kept_view(view)
        values = sent["values"]
        channel = id_at(sent["metadata"], "channel", needed=False)
        rules: dict[str, Any] = {
            name: [member for member in read(values, name) or () if USER.fullmatch(member)] for name in PEOPLE
        }
        rules["two_people"] = bool(read(values, "two_people"))
        everywhere = not channel or read(values, "scope") == EVERYWHERE
        kept = {"user": user, "channel": channel, "everywhere": everywhere, "rules": rules}
        await inbox.keep(Asked(f"{RULES}:{sent['id']}", RULES, team_of(body), user, kept))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Set them."""
    await save_rules(desk, row)
