"""One file a callback: what Slack calls, and what is then carried out for it.

Listeners check, keep one row and acknowledge; `KINDS` says who carries out a row of each kind.
"""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.slack.errands import CarryOut
from bot.slack.inbox import Inbox
from bot.slack.listeners import actions, commands, events, shortcuts, views

KINDS: dict[str, CarryOut] = {
    **commands.KINDS,
    **shortcuts.KINDS,
    **actions.KINDS,
    **views.KINDS,
    **events.KINDS,
}


def register(app: AsyncApp, inbox: Inbox) -> None:
    """Listen to everything that Slack may call."""
    for folder in (commands, shortcuts, actions, views, events):
        folder.register(app, inbox)
