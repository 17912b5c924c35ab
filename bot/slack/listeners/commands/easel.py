"""`/easel big launch today 🚀`: the form, with the draft in it. `/easel help`, `/easel rules`, `/easel brand`."""

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
from bot.slack.incoming import plain_words
from bot.slack.payloads import Malformed, id_at, team_of, text_at, user_at

COMMAND = "/easel"
MOST_CHARACTERS = 200_000
"""Of a command's text that are kept at all; more than any draft may have, so that the form can say so."""

HELP = (
    "*Easel paints your posts.*\n"
    "`/easel big launch today` opens a form with your draft; so does *Paint this post* in a message's menu.\n"
    "`/easel rules` says who may do what here, and lets an admin change it.\n"
    "`/easel brand` shows how our pictures look, and lets an admin change it.\n"
    "In my Home tab you find your drafts, what waits for you and what is coming up."
)


def listener(inbox: Inbox) -> Listener:
    """Keep the command."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        user, text = user_at(body, "user_id"), body.get("text") or ""
        if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
            raise Malformed("text")
        trigger = id_at(body, "trigger_id")
        kept = {
            "user": user,
            "channel": id_at(body, "channel_id", needed=False),
            "trigger": trigger,
            "response_url": text_at(body, "response_url", needed=False),
            "text": text,
        }
        await inbox.keep(Asked(f"command:{trigger}", COMMAND, team_of(body), user, kept))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Open the form, or answer."""
    from bot.slack.branding import open_brand
    from bot.slack.ruling import open_rules

    text = plain_words(row.body["text"]).strip()
    channel, user = row.body["channel"], row.body["user"]
    if text.lower() in ("help", "?"):
        await desk.tell(row, HELP)
    elif text.lower() == "rules":
        await open_rules(desk, row)
    elif text.lower() == "brand":
        await open_brand(desk, row)
    else:
        await desk.need(user, Role.REQUESTER, channel)
        await open_compose(desk, row, text)
