"""The bot process: Slack's door, those who carry out, those who show, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError

from bot.errors import EaselError, Misuse
from bot.pipeline.studio import Studio
from bot.processes.health import serve_health
from bot.processes.names import BEAT_SECONDS, beat, only_one, process_name
from bot.settings import Settings
from bot.slack.app import many_workspaces_app, one_workspace_app
from bot.slack.composing import choices_of
from bot.slack.door import open_door
from bot.slack.errands import Errands
from bot.slack.inbox import Inbox
from bot.slack.incoming import plain_words
from bot.slack.installations import InstalledWorkspaces, install_flow
from bot.slack.listeners import KINDS
from bot.slack.logs import log_to_stderr
from bot.slack.showing import Showing
from bot.slack.workspaces import OneWorkspace, Workspaces, open_session
from publishers import limits_of
from publishers.networks import ALL_LIMITS

ROLE = "slack"
PING_SECONDS = 5.0
"""Between two pings of Socket Mode. Bolt takes a connection for dead after four, so a drop is met within 25 seconds."""

PATIENCE_SECONDS = 5.0
"""How long what is under way may take after the signal to stop; the next process takes the rest up."""


def run_bot(settings: Settings, name: str = "", health_port: int = 0, parent: int | None = None) -> None:
    """Be the bot until SIGTERM or SIGINT, or until the `parent` process is gone.

    Raises:
        Misuse: if a token is missing.
        EaselError: if Slack refuses a token, or a bot of this name runs already.
    """
    refuse_missing(settings)
    log_to_stderr()
    name = process_name([ROLE], name)
    with only_one(settings, name):
        studio = Studio(settings)
        health = serve_health(studio.records, name, health_port) if health_port else None
        try:
            asyncio.run(work(studio, name, parent))
        finally:
            studio.records.forget_worker(name)
            if health:
                health.shutdown()


def refuse_missing(settings: Settings) -> None:
    """Raise Misuse naming the first setting that Slack needs and that is empty."""
    if settings.slack_client_id:
        needed = ["slack_signing_secret", "slack_client_secret"]
    elif settings.slack_by_http:
        needed = ["slack_signing_secret", "slack_bot_token"]
    else:
        needed = ["slack_bot_token", "slack_app_token"]
    for setting in needed:
        if not getattr(settings, setting):
            raise Misuse(
                f"The setting {setting} is empty: set EASEL_{setting.upper()}. docs/slack.md says where to find it."
            )


async def work(studio: Studio, name: str, parent: int | None) -> None:
    """Open the door and work until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settings = studio.settings
    await asyncio.to_thread(warm_up, studio)
    async with open_session() as session:
        installed = bool(settings.slack_client_id)
        workspaces: Workspaces = InstalledWorkspaces(studio, session) if installed else OneWorkspace(studio, session)
        await work_for(workspaces, studio, name, stop, parent)


async def work_for(workspaces: Workspaces, studio: Studio, name: str, stop: asyncio.Event, parent: int | None) -> None:
    """Open the door, carry out and show, until told to stop."""
    settings, records = studio.settings, studio.records
    inbox = Inbox(workspaces.records_of)
    errands = Errands(inbox, records, workspaces.desk_of, KINDS, workspaces.names)
    showing = Showing(name, settings, records, workspaces.desk_of, workspaces.names)
    loops = [errands.take_what_arrives(), errands.take_what_is_left(), showing.run(), keep_beating(studio, name)]
    async with AsyncExitStack() as stack:
        if isinstance(workspaces, InstalledWorkspaces):
            app = many_workspaces_app(settings, inbox, workspaces)
            await stack.enter_async_context(open_door(app, studio, install_flow(studio, workspaces)))
        else:
            client = (await workspaces.desk_of(settings.workspace)).client
            await refuse_bad_tokens(client.auth_test, "slack_bot_token")
            app = one_workspace_app(settings, inbox, client)
            if settings.slack_by_http:
                await stack.enter_async_context(open_door(app, studio))
            else:
                await refuse_bad_tokens(
                    lambda: client.apps_connections_open(app_token=settings.slack_app_token), "slack_app_token"
                )
                handler = AsyncSocketModeHandler(app, settings.slack_app_token, ping_interval=PING_SECONDS)
                stack.push_async_callback(handler.close_async)
                loops.append(handler.connect_async())  # type: ignore[no-untyped-call]
        tasks = [asyncio.create_task(loop) for loop in loops]
        await until_stopped(stop, tasks, parent)
        for task in tasks:
            task.cancel()
        await asyncio.gather(errands.finish(PATIENCE_SECONDS), showing.finish(PATIENCE_SECONDS))


def warm_up(studio: Studio) -> None:
    """Load what the first form and its check need: Slack waits three seconds, on a busy machine too."""
    choices_of(studio)
    text = plain_words("big launch :rocket:")
    for network in ALL_LIMITS:
        limits_of(network).problems(text)


async def refuse_bad_tokens(call: Callable[[], Awaitable[object]], setting: str) -> None:
    """Raise EaselError if Slack does not know a token; trouble on the way to Slack is sat out later."""
    try:
        await call()
    except SlackApiError as error:
        why = error.response.get("error", "")
        if "auth" in why or "token" in why or why in ("account_inactive", "missing_scope"):
            raise EaselError(f"Slack refuses {setting} ({why}). docs/slack.md says where to find it.") from None
    except (OSError, TimeoutError):
        pass


async def until_stopped(stop: asyncio.Event, tasks: list[asyncio.Task[None]], parent: int | None) -> None:
    """Wait for the signal, for the parent to be gone, or for a loop to end, which none should."""
    while not stop.is_set() and parent in (None, os.getppid()):
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.5)
        for task in tasks:  # connecting ends once it is connected
            if task.done() and (error := task.exception()):
                raise EaselError(f"The bot stops: {type(error).__name__}: {error}") from error


async def keep_beating(studio: Studio, name: str) -> None:
    """Show that the bot is alive, without end."""
    while True:
        with suppress(EaselError):
            await asyncio.to_thread(beat, studio.records, name, [ROLE])
        await asyncio.sleep(BEAT_SECONDS)
