"""users.*, bots.* and team.*: who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.slack.errors import SlackError
from playground.slack.methods.method import Arguments, Json, Method
from playground.slack.workspace import APP_ID, BOT_ID, BOT_USER, TEAM

if TYPE_CHECKING:
    from playground.slack.slack import Slack


def info(slack: Slack, given: Arguments) -> Json:
    """One person."""
    name = given.needed("user")
    if name not in slack.workspace.people:
        raise SlackError("user_not_found")
    return {"user": slack.workspace.people[name].shown()}


def list_all(slack: Slack, given: Arguments) -> Json:
    """Everybody, on one page."""
    members = [person.shown() for person in slack.workspace.people.values()]
    return {"members": members, "response_metadata": {"next_cursor": ""}}


def bot_info(slack: Slack, given: Arguments) -> Json:
    """The app's own face."""
    if given.text("bot", BOT_ID) != BOT_ID:
        raise SlackError("bot_not_found")
    return {"bot": {"id": BOT_ID, "app_id": APP_ID, "user_id": BOT_USER, "name": slack.manifest.name, "deleted": False}}


def team_info(slack: Slack, given: Arguments) -> Json:
    """The workspace."""
    return {"team": dict(TEAM)}


METHODS = {
    "users.info": Method(info, ("users:read",)),
    "users.list": Method(list_all, ("users:read",), 2),
    "bots.info": Method(bot_info, ("users:read",), 3),
    "team.info": Method(team_info, ("team:read",), 3),
}
