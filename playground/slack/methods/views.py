"""views.*: modals and Home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.slack.blocks import check_view
from playground.slack.errors import SlackError
from playground.slack.methods.method import Arguments, Json, Method
from playground.slack.modals import check_hash

if TYPE_CHECKING:
    from playground.slack.slack import Slack


def open_view(slack: Slack, given: Arguments) -> Json:
    """Open a modal for whoever acted."""
    body = view_of(slack, given, "modal")  # before the trigger: a view that is refused does not use it up
    trigger = slack.tickets.exchange(given.needed("trigger_id"))
    view = slack.views.open(trigger.person, body, trigger.channel)
    slack.touch()
    return {"view": view.shown()}


def push_view(slack: Slack, given: Arguments) -> Json:
    """Lay a modal over the one in which somebody acted."""
    body = view_of(slack, given, "modal")
    trigger = slack.tickets.exchange(given.needed("trigger_id"))
    view = slack.views.push(trigger.person, body)
    slack.touch()
    return {"view": view.shown()}


def update_view(slack: Slack, given: Arguments) -> Json:
    """Change a view that is open."""
    body = view_of(slack, given, "")
    view = slack.views.find(given.text("view_id"), given.text("external_id"))
    check_hash(view, given.text("hash"))
    if body["type"] != view.body["type"]:
        raise SlackError("invalid_arguments", "a view keeps its type [json-pointer:/view/type]")
    view.change(body)
    slack.touch()
    return {"view": view.shown()}


def publish_view(slack: Slack, given: Arguments) -> Json:
    """Set somebody's Home."""
    body = view_of(slack, given, "home")
    person = slack.workspace.person(given.needed("user_id"))
    view = slack.views.publish(person.id, body, given.text("hash"))
    slack.touch()
    return {"view": view.shown()}


def view_of(slack: Slack, given: Arguments, kind: str) -> Json:
    """The view in a call, checked."""
    body = check_view(given.json("view"), slack.what_hinders)
    if kind and body["type"] != kind:
        raise SlackError("invalid_arguments", f"must be of type {kind} [json-pointer:/view/type]")
    return body


METHODS = {
    "views.open": Method(open_view),
    "views.push": Method(push_view),
    "views.update": Method(update_view),
    "views.publish": Method(publish_view),
}
