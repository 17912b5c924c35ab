"""The message shortcut "Paint this post": the form with the message's words, reviewed in the message's thread."""

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
from generation.prompting.draft import DRAFT_LIMIT

SHORTCUT = "paint_message"
ONLY_A_PICTURE = "This message holds a file and no words. Write what the post says; the picture is painted from that."
NO_WORDS = "This message holds no words. Write what the post says."
MOST_CHARACTERS = 200_000


def listener(inbox: Inbox) -> Listener:
    """Keep the message's words."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        user, trigger = user_at(body, "user", "id"), id_at(body, "trigger_id")
        message = body.get("message")
        if not isinstance(message, Mapping):
            raise Malformed("message")
        text = message.get("text") or ""
        if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
            raise Malformed("message/text")
        kept = {
            "user": user,
            "channel": id_at(body, "channel", "id"),
            "trigger": trigger,
            "response_url": text_at(body, "response_url", needed=False),
            "text": text,
            "thread": id_at(message, "thread_ts", needed=False) or id_at(message, "ts"),
            "files": bool(message.get("files")),
        }
        await inbox.keep(Asked(f"{SHORTCUT}:{trigger}", SHORTCUT, team_of(body), user, kept))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Open the form, with a word about what the message lacks."""
    await desk.need(row.body["user"], Role.REQUESTER, row.body["channel"])
    text = plain_words(row.body["text"]).strip()
    notice = "" if text else (ONLY_A_PICTURE if row.body["files"] else NO_WORDS)
    if len(text) > DRAFT_LIMIT:
        notice = f"The message has {len(text):,} characters; the first {DRAFT_LIMIT:,} are taken."
        text = text[:DRAFT_LIMIT]
    await open_compose(desk, row, text, thread=row.body["thread"], notice=notice)
