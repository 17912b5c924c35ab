"""Buttons and menus: a file each, which says what is carried out. All of them are kept alike."""

from importlib import import_module
from pkgutil import iter_modules

from slack_bolt.async_app import AsyncApp

from bot.slack.accounts import LEAVE
from bot.slack.asking import keeping_action, only_acknowledge
from bot.slack.errands import CarryOut
from bot.slack.inbox import Inbox

MODULES = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]

KINDS: dict[str, CarryOut] = {module.ACTION: module.carry_out for module in MODULES}


def register(app: AsyncApp, inbox: Inbox) -> None:
    """Listen to the buttons and menus."""
    for action in KINDS:
        app.action(action)(keeping_action(inbox, action))
    app.action(LEAVE)(only_acknowledge)
