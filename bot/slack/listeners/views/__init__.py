"""Forms that people send off."""

from slack_bolt.async_app import AsyncApp

from bot.slack.errands import CarryOut
from bot.slack.inbox import Inbox
from bot.slack.listeners.views import approve, brand, compose, edit, move, rules, words

MODULES = (approve, brand, compose, edit, move, rules, words)

KINDS: dict[str, CarryOut] = {
    **{module.CALLBACK: module.carry_out for module in MODULES},
    compose.FORM: compose.wait_for_words,
}


def register(app: AsyncApp, inbox: Inbox) -> None:
    """Listen to the forms."""
    for module in MODULES:
        app.view(module.CALLBACK)(module.listener(inbox))
