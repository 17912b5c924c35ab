"""The Bolt app: signatures, dispatch and acknowledgements are Slack's own framework's; the rest is in `listeners`."""

from __future__ import annotations

import logging

from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from bot.slack.errands import reason
from bot.slack.inbox import Inbox
from bot.slack.listeners import register
from bot.slack.payloads import Malformed

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


def listening(app: AsyncApp, inbox: Inbox) -> AsyncApp:
    """The app with all listeners, and one line in the log for what goes wrong."""
    register(app, inbox)

    @app.error
    async def on_error(error: Exception) -> BoltResponse:
        if isinstance(error, Malformed):
            log.info("A payload was not taken: %s is not as Slack sends it", error)
            return BoltResponse(status=400, body="This is not what Slack sends.")
        log.error("A request could not be kept: %s", reason(error))
        return BoltResponse(status=500, body="This could not be kept. Try again.")

    return app
