"""Buttons and menus. All of them are kept alike; each file says what is then carried out."""

from slack_bolt.async_app import AsyncApp

from bot.slack.asking import keeping_action
from bot.slack.errands import CarryOut
from bot.slack.inbox import Inbox
from bot.slack.listeners.actions import (
    absent,
    again,
    approve,
    approve_several,
    cancel,
    edit,
    move,
    open_form,
    picks,
    reject,
    retry,
    schedule,
    take_down,
    there,
)

MODULES = (
    absent,
    again,
    approve,
    approve_several,
    cancel,
    edit,
    move,
    open_form,
    picks,
    reject,
    retry,
    schedule,
    take_down,
    there,
)

KINDS: dict[str, CarryOut] = {module.ACTION: module.carry_out for module in MODULES}


def register(app: AsyncApp, inbox: Inbox) -> None:
    """Listen to the buttons and menus."""
    for module in MODULES:
        app.action(module.ACTION)(keeping_action(inbox, module.ACTION))
