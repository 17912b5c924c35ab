"""The edited brief and words were sent off: each text is checked by its network's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.records.tables import RequestRow
from bot.slack.asking import Listener
from bot.slack.blocks.edit import EDIT
from bot.slack.desk import Desk
from bot.slack.editing import save_edit
from bot.slack.forms import read, words_in
from bot.slack.inbox import Asked, Inbox
from bot.slack.payloads import id_at, kept_view, team_of, user_at
from bot.slack.reading import read_texts
from publishers.networks import ALL_LIMITS

CALLBACK = EDIT


def listener(inbox: Inbox) -> Listener:
    """Check the texts and keep the edit."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        user, sent = user_at(body, "user", "id"), kept_view(view)
        values = sent["values"]
        networks = [network for network in ALL_LIMITS if f"text:{network}" in values]
        texts, errors = read_texts(values, networks)
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        kept = {
            "user": user,
            "post": id_at(sent["metadata"], "post"),
            "texts": texts,
            "negative": list(words_in(read(values, "negative")) or ()),
            **{name: str(read(values, name) or "").strip() for name in ("normalized", "prompt", "alt_text")},
        }
        await inbox.keep(Asked(f"{EDIT}:{sent['id']}", EDIT, team_of(body), user, kept))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Change the post."""
    await save_edit(desk, row)
