"""Slash commands."""

from slack_bolt.async_app import AsyncApp

from bot.slack.errands import CarryOut
from bot.slack.inbox import Inbox
from bot.slack.listeners.commands import easel

KINDS: dict[str, CarryOut] = {easel.COMMAND: easel.carry_out}


def register(app: AsyncApp, inbox: Inbox) -> None:
    """Listen to the commands."""
    app.command(easel.COMMAND)(easel.listener(inbox))
