"""chat.*: messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.slack import payloads
from playground.slack.errors import SlackError
from playground.slack.inputs import initial
from playground.slack.limits import POSTING
from playground.slack.methods.method import Arguments, Json, Method
from playground.slack.workspace import BOT_USER, Channel, Message

if TYPE_CHECKING:
    from playground.slack.slack import Slack

LONGEST_TEXT = 40_000
LONGEST_METADATA = 3_000


def post_message(slack: Slack, given: Arguments) -> Json:
    """Post into a channel, a thread, or a direct message."""
    channel = joined(slack, given)
    text, blocks = content(slack, given)
    thread = thread_of(channel, given.text("thread_ts"))
    message = slack.post(channel, BOT_USER, text, blocks, thread_ts=thread, metadata=metadata(given))
    return {"channel": channel.id, "ts": message.ts, "message": payloads.message_shown(slack, message)}


def post_ephemeral(slack: Slack, given: Arguments) -> Json:
    """Post for one person's eyes."""
    channel = joined(slack, given)
    person = slack.workspace.person(given.needed("user"))
    if person.id not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks = content(slack, given)
    thread = thread_of(channel, given.text("thread_ts"))
    message = slack.post(channel, BOT_USER, text, blocks, thread_ts=thread, only_for=person.id)
    return {"message_ts": message.ts}


def update(slack: Slack, given: Arguments) -> Json:
    """Change a message of the app's own."""
    message = own(slack, given, "cant_update_message")
    text, blocks = content(slack, given)
    message.text = text
    if given.has("blocks") or not given.has("attachments"):
        message.blocks, message.state = blocks, initial(blocks, message.state)
    message.edited_ts = slack.workspace.ts()
    if given.has("metadata"):
        message.metadata = metadata(given)
    slack.touch()
    shown = payloads.message_shown(slack, message)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


def delete(slack: Slack, given: Arguments) -> Json:
    """Take a message of the app's own back."""
    message = own(slack, given, "cant_delete_message")
    del slack.workspace.channels[message.channel].messages[message.ts]
    slack.touch()
    return {"channel": message.channel, "ts": message.ts}


def permalink(slack: Slack, given: Arguments) -> Json:
    """A message's address: on the playground's page."""
    channel = slack.workspace.channel(given.needed("channel"))
    message = slack.workspace.message(channel.id, given.needed("message_ts"))
    address = f"{slack.address}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.is_reply else ""
    return {"channel": channel.id, "permalink": address + thread}


def joined(slack: Slack, given: Arguments) -> Channel:
    """The channel that a call names, if the app is in it."""
    channel = slack.workspace.channel(given.needed("channel"))
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def content(slack: Slack, given: Arguments) -> tuple[str, list[Json]]:
    """A message's text and blocks."""
    text, blocks = given.text("text"), given.json("blocks")
    if given.has("attachments") and given.json("attachments"):
        raise SlackError("invalid_attachments", "the playground shows blocks only")
    if len(text) > LONGEST_TEXT:
        raise SlackError("msg_too_long")
    if markdown := given.text("markdown_text"):
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        blocks = [{"type": "markdown", "text": markdown}]
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    return text, slack.checked_blocks(blocks) if blocks else []


def thread_of(channel: Channel, ts: str) -> str:
    """The message whose thread is meant: a reply leads to its own thread's first."""
    if not ts:
        return ""
    found = channel.messages.get(ts)
    if found is None or found.only_for:
        raise SlackError("cannot_reply_to_message")
    return found.thread_ts if found.is_reply else ts


def metadata(given: Arguments) -> Json:
    """What an app writes beside a message, for itself."""
    made: Any = given.json("metadata") or {}
    if made and not (isinstance(made, dict) and made.get("event_type") and isinstance(made.get("event_payload"), dict)):
        raise SlackError("invalid_metadata_format")
    if len(str(made)) > LONGEST_METADATA:
        raise SlackError("metadata_too_large")
    return dict(made)


def own(slack: Slack, given: Arguments, refusal: str) -> Message:
    """The message of the app's own that a call names; ephemeral ones cannot be reached."""
    channel = slack.workspace.channel(given.needed("channel"))
    message = slack.workspace.message(channel.id, given.needed("ts"))
    if message.only_for:
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(refusal)
    return message


WRITE = ("chat:write",)
METHODS = {
    "chat.postMessage": Method(post_message, WRITE, POSTING),
    "chat.postEphemeral": Method(post_ephemeral, WRITE, 4),
    "chat.update": Method(update, WRITE, 3),
    "chat.delete": Method(delete, WRITE, 3),
    "chat.getPermalink": Method(permalink),
}
