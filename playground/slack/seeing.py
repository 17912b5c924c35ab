"""What one person sees of the workspace."""

from __future__ import annotations

from typing import Any

from playground.slack import payloads
from playground.slack.slack import Slack
from playground.slack.workspace import Channel, Message

Json = dict[str, Any]


def seen_by(slack: Slack, who: str) -> Json:
    """Their conversations with all messages, their modals (the one in front last), and their Home."""
    person = slack.workspace.person(who)
    home = slack.views.homes.get(person.id)
    channels = [channel for channel in slack.workspace.channels.values() if person.id in channel.members]
    return {
        "person": person.shown() | {"role": person.role},
        "channels": [{**channel.shown(), "messages": messages(slack, channel, person.id)} for channel in channels],
        "modals": [
            {**view.shown(), "errors": view.errors, "problem": view.problem} for view in slack.views.stack(person.id)
        ],
        "home": home.shown() if home else None,
        "version": slack.version,
    }


def messages(slack: Slack, channel: Channel, person: str) -> list[Json]:
    """A channel's messages for one person's eyes, each with the replies below it."""
    visible = [message for message in channel.messages.values() if message.only_for in ("", person)]
    shown = []
    for message in visible:
        if not message.is_reply:
            below = [_shown(slack, m) for m in visible if m.is_reply and m.thread_ts == message.ts]
            shown.append(_shown(slack, message) | {"replies": below})
    return shown


def _shown(slack: Slack, message: Message) -> Json:
    state = {"state": {"values": message.state}} if message.state else {}
    return {**payloads.message_shown(slack, message), "is_ephemeral": bool(message.only_for), **state}
