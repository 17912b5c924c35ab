"""Which Slack workspaces this process works for, and the desk of each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient

from bot.pipeline.studio import Studio
from bot.records import Records
from bot.settings import Settings
from bot.slack.desk import Desk
from bot.slack.retries import retry_handlers

CALL_SECONDS = 30


class Workspaces(Protocol):
    """One workspace by its token, or many that installed the app."""

    def records_of(self, team: str) -> Records:
        """The records of a team's workspace."""

    async def desk_of(self, workspace: str) -> Desk:
        """The desk of a workspace."""

    def names(self) -> Collection[str] | None:
        """The workspaces that are worked for; None for all."""


class OneWorkspace:
    """The workspace of the bot token in the settings; its records are those of the setting `workspace`."""

    def __init__(self, studio: Studio, session: ClientSession | None = None) -> None:
        self._desk = Desk(studio, web_client(studio.settings, studio.settings.slack_bot_token, session))

    def records_of(self, team: str) -> Records:
        """The records, whatever the team is called."""
        return self._desk.records

    async def desk_of(self, workspace: str) -> Desk:
        """The one desk."""
        return self._desk

    def names(self) -> Collection[str] | None:
        """The one workspace."""
        return (self._desk.settings.workspace,)


def open_session() -> ClientSession:
    """The connections to Slack that all clients share: a new one for each call would cost more than the call."""
    return ClientSession(timeout=ClientTimeout(total=CALL_SECONDS))


def web_client(settings: Settings, token: str, session: ClientSession | None = None) -> AsyncWebClient:
    """A client of Slack's Web API that waits when it is told to, and tries again where nothing can have happened."""
    return AsyncWebClient(
        token=token or None,
        base_url=settings.slack_api_url,
        timeout=CALL_SECONDS,
        session=session,
        retry_handlers=retry_handlers(),
    )
