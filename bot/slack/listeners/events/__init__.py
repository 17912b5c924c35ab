"""Events that Slack tells of by itself."""

from slack_bolt.async_app import AsyncApp

from bot.slack.errands import CarryOut
from bot.slack.inbox import Inbox

KINDS: dict[str, CarryOut] = {}


def register(app: AsyncApp, inbox: Inbox) -> None:
    """Listen to the events."""
