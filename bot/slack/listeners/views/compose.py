"""The form for a new post was sent off: its fields are checked, then the post begins or its words are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.records.tables import RequestRow
from bot.slack.asking import Listener
from bot.slack.blocks.compose import COMPOSE, words_view
from bot.slack.composing import draft_of
from bot.slack.desk import Desk
from bot.slack.forms import ComposeForm
from bot.slack.inbox import Asked, Inbox
from bot.slack.payloads import Malformed, kept_view, team_of, user_at
from bot.slack.reading import read_compose, refuse_words, wants_own_words
from bot.slack.starting import start_post

CALLBACK = COMPOSE
FORM = "form"
"""The kind of a row that only holds a form whose second page is being filled in."""


def listener(inbox: Inbox) -> Listener:
    """Check the form; keep it, or say what is wrong at its field."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        user, team, sent = user_at(body, "user", "id"), team_of(body), kept_view(view)
        metadata = sent["metadata"]
        long_draft = ""
        if metadata.get("long"):
            source = await inbox.find(team, str(metadata.get("source")))
            if source is None:
                raise Malformed("view/private_metadata")
            long_draft = draft_of(source)
        form = read_compose(sent["values"], metadata, long_draft, datetime.now(UTC))
        if not isinstance(form, ComposeForm):
            await ack(response_action="errors", errors=form)
        elif wants_own_words(form, sent["values"]):
            key = f"{FORM}:{sent['id']}"
            await inbox.keep(Asked(key, FORM, team, user, kept(user, form)))
            await ack(response_action="update", view=words_view(form, key))
        elif errors := refuse_words(form):
            await ack(response_action="errors", errors=errors)
        else:
            await inbox.keep(Asked(f"{COMPOSE}:{sent['id']}", COMPOSE, team, user, kept(user, form)))
            await ack()

    return keep


def kept(user: str, form: ComposeForm) -> dict[str, Any]:
    """What is kept of a form."""
    return {"user": user, "channel": form.channel, "thread": form.thread, "form": form.to_dict()}


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Begin the post."""
    await start_post(desk, row)


async def wait_for_words(desk: Desk, row: RequestRow) -> None:
    """Nothing: the second page brings the form again."""
