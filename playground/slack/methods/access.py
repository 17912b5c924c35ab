"""auth.*, apps.* and oauth.*: who the app is, and how it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.slack.errors import SlackError
from playground.slack.methods.method import Arguments, Json, Method
from playground.slack.workspace import APP_ID, BOT_ID, BOT_USER, TEAM

if TYPE_CHECKING:
    from playground.slack.slack import Slack


def api_test(slack: Slack, given: Arguments) -> Json:
    """That the API is there."""
    if error := given.text("error"):
        raise SlackError(error[:80])
    return {"args": {name: str(value) for name, value in given.given.items() if name != "token"}}


def auth_test(slack: Slack, given: Arguments) -> Json:
    """Whom the token speaks for."""
    return {
        "url": f"{slack.address}/",
        "team": TEAM["name"],
        "user": slack.workspace.people[BOT_USER].handle,
        "team_id": TEAM["id"],
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


def auth_revoke(slack: Slack, given: Arguments) -> Json:
    """Take the token back."""
    if not given.flag("test"):
        uninstall(slack)
    return {"revoked": not given.flag("test")}


def open_connection(slack: Slack, given: Arguments) -> Json:
    """An address for one WebSocket."""
    socket = slack.address.replace("http", "ws", 1)
    return {"url": f"{socket}/link/?ticket={slack.delivery.sockets.ticket()}&app_id={APP_ID}"}


def exchange_code(slack: Slack, given: Arguments) -> Json:
    """A token for the code that the consent page gave out."""
    client = (given.text("client_id"), given.text("client_secret"))
    if client[0] != slack.credentials.client_id:
        raise SlackError("invalid_client_id")
    if client[1] != slack.credentials.client_secret:
        raise SlackError("bad_client_secret")
    redirect = slack.installation.codes.pop(given.text("code"), None)
    if redirect is None:
        raise SlackError("invalid_code")
    if redirect != given.text("redirect_uri"):
        raise SlackError("bad_redirect_uri")
    slack.installation.installed = True
    return {
        "app_id": APP_ID,
        "authed_user": {"id": "U0APPROVER"},
        "scope": ",".join(sorted(slack.manifest.scopes)),
        "token_type": "bot",
        "access_token": slack.credentials.bot_token,
        "bot_user_id": BOT_USER,
        "team": {"id": TEAM["id"], "name": TEAM["name"]},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def uninstall(slack: Slack) -> None:
    """Take the app out of the workspace; it is told."""
    slack.tell({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}})
    slack.tell({"type": "app_uninstalled"})
    slack.installation.installed = False
    slack.touch()


METHODS = {
    "api.test": Method(api_test, token=""),
    "auth.test": Method(auth_test),
    "auth.revoke": Method(auth_revoke, tier=3),
    "apps.connections.open": Method(open_connection, tier=2, token="app"),  # noqa: S106
    "oauth.v2.access": Method(exchange_code, token=""),
}
