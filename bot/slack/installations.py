"""Many workspaces that installed the app over OAuth: their tokens, sealed in the records."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import urljoin

from aiohttp import ClientSession
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.accounts import Vault
from bot.errors import EaselError
from bot.pipeline.studio import Studio
from bot.records import Records
from bot.records.tables import InstallationRow
from bot.slack.desk import Desk
from bot.slack.inbox import person_of
from bot.slack.manifest import bot_scopes
from bot.slack.workspaces import web_client

STATE_SECONDS = 600
KNOWN_SECONDS = 30.0
"""How long an installation that was read is believed, so that a request costs no look into the database."""

INSTALL_PATH, REDIRECT_PATH = "/slack/install", "/slack/oauth_redirect"


class InstalledWorkspaces(AsyncInstallationStore):
    """All workspaces that installed the app, and the store that Slack's OAuth flow writes them to."""

    def __init__(self, studio: Studio, session: ClientSession | None = None) -> None:
        self._studio = studio
        self._session = session
        self._vault = Vault(studio.settings.home)
        self._known: dict[str, tuple[float, InstallationRow | None]] = {}
        self._desks: dict[str, tuple[str, Desk]] = {}

    def records_of(self, team: str) -> Records:
        """The records of a team's workspace."""
        return self._studio.records.in_workspace(team)

    async def desk_of(self, workspace: str) -> Desk:
        """The desk of a workspace, with the token that it gave last.

        Raises:
            EaselError: if it has not installed the app, or has removed it.
        """
        row = await self._find(workspace)
        if row is None:
            raise EaselError(f"The Slack workspace {workspace} has not installed the app: {INSTALL_PATH} does it.")
        known = self._desks.get(workspace)
        if known is None or known[0] != row.token:
            studio = await asyncio.to_thread(self._studio.in_workspace, workspace)
            known = (row.token, Desk(studio, web_client(studio.settings, self._token(row), self._session)))
            self._desks[workspace] = known
        return known[1]

    def names(self) -> Collection[str] | None:
        """All of them."""
        return None

    async def authorize(self, enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        """What Bolt needs to know of a request's workspace; None if it has not installed the app."""
        row = await self._find(team_id or "")
        if row is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=row.team,
            bot_token=self._token(row),
            bot_id=row.bot_id,
            bot_user_id=row.bot_user,
        )

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation, its token sealed."""
        sealed = self._vault.seal_fields({"token": installation.bot_token})
        team = installation.team_id or ""
        await asyncio.to_thread(
            self._studio.records.save_installation,
            team,
            installation.enterprise_id,
            sealed,
            installation.bot_id or "",
            installation.bot_user_id or "",
            list(installation.bot_scopes or ()),
            person_of(installation.user_id),
        )
        self._known.pop(team, None)

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The installation as Slack's SDK words it."""
        row = await self._find(team_id or "")
        if row is None:
            return None
        return Bot(
            team_id=row.team,
            enterprise_id=row.enterprise,
            bot_token=self._token(row),
            bot_id=row.bot_id,
            bot_user_id=row.bot_user,
            bot_scopes=list(row.scopes),
            installed_at=row.installed_at.timestamp(),
        )

    async def _find(self, team: str) -> InstallationRow | None:
        known = self._known.get(team)
        if known is None or time.monotonic() - known[0] > KNOWN_SECONDS:
            known = (time.monotonic(), await asyncio.to_thread(self._studio.records.installation, team))
            self._known[team] = known
        return known[1]

    def _token(self, row: InstallationRow) -> str:
        return str(self._vault.open_fields(row.token)["token"])


class SealedStates(AsyncOAuthStateStore):
    """The `state` of an installation under way: good for ten minutes and one use.

    It is sealed, so that whoever asks for a page leaves nothing behind; what is kept is that it was used. Bolt binds it
    to the browser by a cookie, so that nobody installs with another's.
    """

    def __init__(self, vault: Vault, records: Records) -> None:
        self._vault = vault
        self._records = records

    async def async_issue(self, *_: Any, **__: Any) -> str:
        """A new state."""
        return self._vault.seal_fields({"at": time.time(), "id": secrets.token_hex(16)})

    async def async_consume(self, state: str) -> bool:
        """Whether this is a state of ours, not too old, and comes for the first time."""
        try:
            sealed = self._vault.open_fields(state)
            age, name = time.time() - float(sealed["at"]), str(sealed["id"])
        except (EaselError, ValueError, KeyError, TypeError):
            return False
        return 0 <= age < STATE_SECONDS and await asyncio.to_thread(self._records.use_up, name)


def install_flow(studio: Studio, installations: InstalledWorkspaces) -> AsyncOAuthFlow:
    """Slack's OAuth flow for this app."""
    settings = studio.settings
    public = settings.public_url.rstrip("/")
    return AsyncOAuthFlow(
        client=web_client(settings, ""),
        settings=AsyncOAuthSettings(
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret,
            scopes=bot_scopes(),
            redirect_uri=f"{public}{REDIRECT_PATH}" if public else None,
            authorization_url=urljoin(settings.slack_api_url, "/oauth/v2/authorize"),
            install_path=INSTALL_PATH,
            redirect_uri_path=REDIRECT_PATH,
            installation_store=installations,
            state_store=SealedStates(Vault(settings.home), studio.records),
        ),
    )
