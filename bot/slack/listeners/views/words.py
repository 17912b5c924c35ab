"""The words for each network were sent off: each is checked by its network's rules, and then the post begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.records.tables import RequestRow
from bot.slack.asking import Listener
from bot.slack.blocks.compose import WORDS
from bot.slack.desk import Desk
from bot.slack.forms import ComposeForm
from bot.slack.inbox import Asked, Inbox
from bot.slack.listeners.views.compose import kept
from bot.slack.payloads import Malformed, kept_view, team_of, user_at
from bot.slack.reading import read_words
from bot.slack.starting import start_post

CALLBACK = WORDS


def listener(inbox: Inbox) -> Listener:
    """Check the words; keep them with the form of the first page."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        user, team, sent = user_at(body, "user", "id"), team_of(body), kept_view(view)
        first = await inbox.find(team, str(sent["metadata"].get("source")))
        if first is None or "form" not in first.body:
            raise Malformed("view/private_metadata")
        form = read_words(sent["values"], ComposeForm.from_dict(first.body["form"]))
        if not isinstance(form, ComposeForm):
            await ack(response_action="errors", errors=form)
            return
        await inbox.keep(Asked(f"{WORDS}:{sent['id']}", WORDS, team, user, kept(user, form)))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Begin the post."""
    await start_post(desk, row)
