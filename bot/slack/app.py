"""The Bolt app: signatures, dispatch and acknowledgements are Slack's own framework's; the rest is in `listeners`."""

from __future__ import annotations

import logging

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import EaselError
from bot.settings import Settings
from bot.slack.errands import reason
from bot.slack.inbox import Inbox
from bot.slack.installations import InstalledWorkspaces
from bot.slack.listeners import register
from bot.slack.workspaces import web_client

log = logging.getLogger("easel.slack")


def one_workspace_app(settings: Settings, inbox: Inbox, client: AsyncWebClient) -> AsyncApp:
    """The app of one workspace, by its bot token."""
    app = AsyncApp(
        logger=log,
        signing_secret=settings.slack_signing_secret,
        client=client,
        raise_error_for_unhandled_request=False,
    )
    return listening(app, inbox)


def many_workspaces_app(settings: Settings, inbox: Inbox, installations: InstalledWorkspaces) -> AsyncApp:
    """The app of all workspaces that installed it."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        """Bolt reads the names of the arguments, and stumbles over a method's."""
        return await installations.authorize(enterprise_id, team_id)

    app = AsyncApp(
        logger=log,
        signing_secret=settings.slack_signing_secret,
        client=web_client(settings, ""),
        authorize=authorize,  # type: ignore[arg-type]
        raise_error_for_unhandled_request=False,
    )
    return listening(app, inbox)


def listening(app: AsyncApp, inbox: Inbox) -> AsyncApp:
    """The app with all listeners, and one line in the log for what goes wrong."""
    register(app, inbox)

    @app.error
    async def on_error(error: Exception) -> BoltResponse:
        if isinstance(error, EaselError):
            log.error("A request could not be kept: %s", reason(error))
            return BoltResponse(status=503, body="This could not be kept. Try again.")
        # Bolt's own matchers stumble over payloads that Slack would not send, before any listener is asked.
        log.info("A payload was not taken: %s", reason(error))
        return BoltResponse(status=400, body="This is not what Slack sends.")

    return app
