"""Buttons and menus. All of them are kept alike; each file says what is then carried out."""

from slack_bolt.async_app import AsyncApp

from bot.slack.accounts import LEAVE
from bot.slack.asking import keeping_action, only_acknowledge
from bot.slack.errands import CarryOut
from bot.slack.inbox import Inbox
from bot.slack.listeners.actions import (
    absent,
    again,
    approve,
    approve_several,
    cancel,
    connect_account,
    edit,
    home_new,
    home_rules,
    move,
    open_form,
    pause_account,
    picks,
    reject,
    resume_account,
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
    connect_account,
    edit,
    home_new,
    home_rules,
    move,
    open_form,
    pause_account,
    picks,
    reject,
    resume_account,
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
    app.action(LEAVE)(only_acknowledge)
