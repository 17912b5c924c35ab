"""What an app sends to a response_url.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.slack.errors import SlackError
from playground.slack.inputs import initial
from playground.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from playground.slack.slack import Slack

Json = dict[str, Any]


def take_answer(slack: Slack, name: str, body: Json) -> None:
    """Post, replace or delete, as the app answered. SlackError if it may not."""
    answer = slack.tickets.answer(name)
    channel = slack.workspace.channels[answer.channel]
    source = channel.messages.get(answer.ts)
    if body.get("delete_original"):
        if source:
            del channel.messages[source.ts]
        slack.touch()
        return
    text = str(body.get("text") or "")
    blocks = slack.checked_blocks(body["blocks"]) if body.get("blocks") else []
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if source and body.get("replace_original"):
        source.text, source.blocks, source.state = text, blocks, initial(blocks, source.state)
        source.edited_ts = "" if source.only_for else slack.workspace.ts()
        slack.touch()
        return
    only_for = "" if body.get("response_type") == "in_channel" else answer.person
    thread_ts = str(body.get("thread_ts") or answer.thread_ts)
    slack.post(channel, BOT_USER, text, blocks, only_for=only_for, thread_ts=thread_ts)
