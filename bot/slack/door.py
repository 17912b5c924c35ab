"""The door for signed HTTP: nothing is looked at before its signature was, and nothing makes it fall over."""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.signature import SignatureVerifier

from bot.errors import EaselError
from bot.loopback import PAGE
from bot.pipeline.studio import Studio
from bot.slack.accounts import CONSENT_PATH, finished
from publishers import PublishError

PATH = "/slack/events"
MOST_BYTES = 1_000_000
"""Slack's payloads stay far below."""

log = logging.getLogger("easel.slack")


@asynccontextmanager
async def open_door(
    app: AsyncApp,
    studio: Studio,
    flow: AsyncOAuthFlow | None = None,
    host: str = "0.0.0.0",  # noqa: S104 - Slack comes from outside
) -> AsyncIterator[int]:
    """Listen for Slack until left: the port."""
    runner = web.AppRunner(door(app, studio, flow), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, studio.settings.slack_port).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def door(app: AsyncApp, studio: Studio, flow: AsyncOAuthFlow | None = None) -> web.Application:
    """The web application in front of the Bolt app; with a `flow`, other workspaces can install it there."""
    verifier = SignatureVerifier(studio.settings.slack_signing_secret)

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            is_signed = verifier.is_valid_request(body, headers)
        except (ValueError, TypeError):  # a time, a signature or a body that is no text
            is_signed = False
        if not is_signed:
            return web.Response(status=401, text="The signature does not fit, or is too old.")
        try:
            answer = await app.async_dispatch(await to_bolt_request(request))
            return await to_aiohttp_response(answer)
        except Exception as error:  # noqa: BLE001 - Bolt itself stumbles over payloads that Slack would not send
            log.info("A payload was not taken: %s", type(error).__name__)
            return web.Response(status=400, text="This is not what Slack sends.")

    async def connect_account(request: web.Request) -> web.Response:
        try:
            told, status = await asyncio.to_thread(finished, studio.settings, studio.records, dict(request.query)), 200
        except (EaselError, PublishError) as error:
            told, status = str(error), 400
        return web.Response(status=status, text=PAGE.format(told=html.escape(told)), content_type="text/html")

    application = web.Application(client_max_size=MOST_BYTES)
    application.add_routes([web.post(PATH, take), web.get(CONSENT_PATH, connect_account)])
    if flow:
        application.add_routes(install_routes(flow))
    return application


def install_routes(flow: AsyncOAuthFlow) -> list[web.RouteDef]:
    """Where a workspace installs the app, and where Slack sends the browser back to."""

    async def install(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await flow.handle_installation(await to_bolt_request(request)))

    async def come_back(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await flow.handle_callback(await to_bolt_request(request)))

    return [web.get(flow.install_path, install), web.get(flow.redirect_uri_path, come_back)]
