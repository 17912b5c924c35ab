"""conversations.*: channels and direct messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.slack import payloads
from playground.slack.errors import SlackError
from playground.slack.methods.method import Arguments, Json, Method
from playground.slack.workspace import BOT_USER, Channel, Message

if TYPE_CHECKING:
    from playground.slack.slack import Slack

KINDS = {"public_channel": "C", "private_channel": "P", "im": "D", "mpim": "G"}


def open_direct(slack: Slack, given: Arguments) -> Json:
    """The app's conversation with one person or several."""
    if channel := given.text("channel"):
        return {"channel": slack.workspace.channel(channel).shown()}
    people = [name.strip() for name in given.text("users").split(",") if name.strip()]
    if not people:
        raise SlackError("users_list_not_supplied")
    return {"channel": slack.workspace.direct(people).shown()}


def info(slack: Slack, given: Arguments) -> Json:
    """One conversation."""
    return {"channel": seen(slack, given).shown()}


def members(slack: Slack, given: Arguments) -> Json:
    """Who is in it, on one page."""
    return {"members": list(seen(slack, given).members), "response_metadata": {"next_cursor": ""}}


def list_all(slack: Slack, given: Arguments) -> Json:
    """The conversations that the app may know of."""
    letters = tuple(KINDS.get(kind.strip(), "?") for kind in given.text("types", "public_channel").split(","))
    found = [c for c in slack.workspace.channels.values() if c.id.startswith(letters) and is_visible(c)]
    return {"channels": [channel.shown() for channel in found], "response_metadata": {"next_cursor": ""}}


def history(slack: Slack, given: Arguments) -> Json:
    """The latest messages outside threads, the newest first."""
    channel = seen(slack, given)
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")
    found = [m for m in channel.messages.values() if not m.is_reply and not m.only_for]
    newest = within(found, given)[::-1][: given.whole("limit", 100)]
    return {"messages": shown(slack, newest, given), "has_more": False}


def replies(slack: Slack, given: Arguments) -> Json:
    """A thread: its first message, then what is below it."""
    channel = seen(slack, given)
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")
    first = channel.messages.get(given.needed("ts"))
    if first is None:
        raise SlackError("thread_not_found")
    thread = [first, *within(slack.workspace.replies(first), given)]
    return {"messages": shown(slack, thread, given), "has_more": False}


def within(messages: list[Message], given: Arguments) -> list[Message]:
    """Those between the times that a call names."""
    oldest, latest, inclusive = given.text("oldest", "0"), given.text("latest") or "9", given.flag("inclusive")
    return [m for m in messages if oldest < m.ts < latest or (inclusive and m.ts in (oldest, latest))]


def shown(slack: Slack, messages: list[Message], given: Arguments) -> list[Json]:
    """Message objects; with what apps wrote beside them only where it is asked for."""
    made = [payloads.message_shown(slack, message) for message in messages]
    if not given.flag("include_all_metadata"):
        for message in made:
            message.pop("metadata", None)
    return made


def join(slack: Slack, given: Arguments) -> Json:
    """Go into a public channel."""
    channel = slack.workspace.channel(given.needed("channel"))
    if not channel.id.startswith("C"):
        raise SlackError("method_not_supported_for_channel_type")
    if BOT_USER not in channel.members:
        channel.members.append(BOT_USER)
        slack.touch()
    return {"channel": channel.shown()}


def seen(slack: Slack, given: Arguments) -> Channel:
    """The conversation that a call names, if the app may know of it."""
    channel = slack.workspace.channel(given.needed("channel"))
    if not is_visible(channel):
        raise SlackError("channel_not_found")
    return channel


def is_visible(channel: Channel) -> bool:
    """Public ones are, and those that the app is in."""
    return channel.id.startswith("C") or BOT_USER in channel.members


READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
METHODS = {
    "conversations.open": Method(open_direct, ("im:write", "mpim:write", "channels:manage"), 3),
    "conversations.info": Method(info, READ, 3),
    "conversations.members": Method(members, READ),
    "conversations.list": Method(list_all, READ, 2),
    "conversations.history": Method(history, HISTORY, 3),
    "conversations.replies": Method(replies, HISTORY, 3),
    "conversations.join": Method(join, ("channels:join",), 3),
}
