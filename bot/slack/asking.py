"""The listeners that most callbacks are: take what is needed out of the payload, keep it, acknowledge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.inbox import Inbox
from bot.slack.payloads import asked_by_action

Listener = Callable[..., Awaitable[None]]


def keeping_action(inbox: Inbox, kind: str) -> Listener:
    """A listener for a button or a menu."""

    async def listener(ack: AsyncAck, body: Mapping[str, Any], action: Mapping[str, Any]) -> None:
        await inbox.keep(asked_by_action(kind, body, action))
        await ack()

    return listener


async def only_acknowledge(ack: AsyncAck) -> None:
    """A listener for what needs nothing."""
    await ack()
