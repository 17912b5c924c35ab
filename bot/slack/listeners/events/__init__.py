"""Events that Slack tells of by itself."""

from slack_bolt.async_app import AsyncApp

from bot.slack.errands import CarryOut
from bot.slack.inbox import Inbox
from bot.slack.listeners.events import app_home_opened, app_removed

KINDS: dict[str, CarryOut] = {
    app_home_opened.EVENT: app_home_opened.carry_out,
    app_removed.KIND: app_removed.carry_out,
}


def register(app: AsyncApp, inbox: Inbox) -> None:
    """Listen to the events."""
    app.event(app_home_opened.EVENT)(app_home_opened.listener(inbox))
    for event in (app_removed.UNINSTALLED, app_removed.REVOKED):
        app.event(event)(app_removed.listener(inbox))
