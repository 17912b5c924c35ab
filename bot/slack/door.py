"""The door for signed HTTP: nothing is looked at before its signature was, and nothing makes it fall over."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.settings import Settings

PATH = "/slack/events"
MOST_BYTES = 1_000_000
"""Slack's payloads stay far below."""

log = logging.getLogger("easel.slack")


@asynccontextmanager
async def open_door(app: AsyncApp, settings: Settings, host: str = "0.0.0.0") -> AsyncIterator[int]:  # noqa: S104
    """Listen for Slack until left: the port."""
    runner = web.AppRunner(door(app, settings), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, settings.slack_port)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def door(app: AsyncApp, settings: Settings) -> web.Application:
    """The web application in front of the Bolt app."""
    verifier = SignatureVerifier(settings.slack_signing_secret)

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            is_signed = verifier.is_valid_request(body, headers)
        except ValueError:  # a time or a body that is no text
            is_signed = False
        if not is_signed:
            return web.Response(status=401, text="The signature does not fit, or is too old.")
        try:
            answer = await app.async_dispatch(await to_bolt_request(request))
            return await to_aiohttp_response(answer)
        except Exception as error:  # noqa: BLE001 - Bolt itself stumbles over payloads that Slack would not send
            log.info("A payload was not taken: %s", type(error).__name__)
            return web.Response(status=400, text="This is not what Slack sends.")

    application = web.Application(client_max_size=MOST_BYTES)
    application.add_routes([web.post(PATH, take)])
    return application
