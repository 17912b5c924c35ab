"""Shortcuts: of a message, and from anywhere."""

from slack_bolt.async_app import AsyncApp

from bot.slack.errands import CarryOut
from bot.slack.inbox import Inbox
from bot.slack.listeners.shortcuts import new_post, paint_message

KINDS: dict[str, CarryOut] = {
    paint_message.SHORTCUT: paint_message.carry_out,
    new_post.SHORTCUT: new_post.carry_out,
}


def register(app: AsyncApp, inbox: Inbox) -> None:
    """Listen to the shortcuts."""
    app.message_shortcut(paint_message.SHORTCUT)(paint_message.listener(inbox))
    app.global_shortcut(new_post.SHORTCUT)(new_post.listener(inbox))
