"""One workspace as those who work for it find it: its records, its Slack, who may do what, and telling people."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import Misuse
from bot.pipeline.studio import Studio
from bot.records import Records
from bot.records.tables import RequestRow
from bot.roles import Role, Rules, rules_for
from bot.settings import Settings
from bot.slack.blocks.words import Json
from bot.slack.found import digest, find_message, tag
from bot.slack.payloads import place_of

P = ParamSpec("P")
T = TypeVar("T")

PERSON_SECONDS = 600.0
"""How long what Slack says of a person, and of who is in a channel, is believed."""
MOST_MEMBERS = 1_000
"""Of a private channel; more come in pages, which are not asked for."""

REFUSALS = {
    Role.REQUESTER: "You are not among those who may have posts painted here",
    Role.APPROVER: "Only an approver of this channel may do that",
    Role.ADMIN: "Only an admin of Easel may do that",
}


@dataclass(frozen=True)
class Member:
    """What Slack says of a person. A guest is also who comes from another workspace that shares a channel."""

    timezone: str
    runs_workspace: bool
    is_guest: bool


@dataclass
class Desk:
    """One workspace."""

    studio: Studio
    client: AsyncWebClient
    _itself: Mapping[str, str] | None = None
    _background: set[asyncio.Task[None]] = field(default_factory=set)
    _members: dict[str, tuple[float, Member]] = field(default_factory=dict)
    _readers: dict[str, tuple[float, frozenset[str] | None]] = field(default_factory=dict)

    @property
    def records(self) -> Records:
        """The records of the workspace."""
        return self.studio.records

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self.studio.settings

    async def do(self, function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """Call something that waits for disk or networks, without holding anybody up."""
        return await asyncio.to_thread(function, *arguments, **options)

    async def member(self, user: str) -> Member:
        """What Slack says of a person, asked at most every few minutes."""
        known = self._members.get(user)
        if known and time.monotonic() - known[0] < PERSON_SECONDS:
            return known[1]
        told: Mapping[str, Any] = (await self.client.users_info(user=user))["user"]
        runs = any(bool(told.get(name)) for name in ("is_admin", "is_owner", "is_primary_owner"))
        guest = any(bool(told.get(name)) for name in ("is_restricted", "is_ultra_restricted", "is_stranger"))
        teams = {told.get("team_id"), *(told.get("enterprise_user") or {}).get("teams", ())} - {None}
        comes_from_elsewhere = bool(teams) and await self.team() not in teams
        member = Member(str(told.get("tz") or self.settings.zone.key), runs, guest or comes_from_elsewhere)
        self._members[user] = (time.monotonic(), member)
        return member

    async def readers(self, channel: str) -> frozenset[str] | None:
        """Who can read a channel, asked at most every few minutes; None for everybody in the workspace."""
        known = self._readers.get(channel)
        if known and time.monotonic() - known[0] < PERSON_SECONDS:
            return known[1]
        readers: frozenset[str] | None = frozenset()
        if not channel.startswith("D"):  # of direct messages Slack tells only with a scope that the app does without
            with suppress(SlackApiError):  # the app is not there any more: nobody is known to be
                told = (await self.client.conversations_info(channel=channel))["channel"]
                if told.get("is_private") or told.get("is_mpim"):
                    answer = await self.client.conversations_members(channel=channel, limit=MOST_MEMBERS)
                    readers = frozenset(map(str, answer["members"]))
                else:
                    readers = None
        self._readers[channel] = (time.monotonic(), readers)
        return readers

    async def itself(self) -> Mapping[str, str]:
        """Whom the bot's token speaks for, and where, as `auth.test` says; asked once."""
        if self._itself is None:
            answer = await self.client.auth_test()
            self._itself = {name: str(answer.get(name) or "") for name in ("team_id", "user_id", "url")}
        return self._itself

    async def team(self) -> str:
        """Slack's id of the workspace that the bot's token is for."""
        return (await self.itself())["team_id"]

    async def bot_user(self) -> str:
        """Slack's id of the bot as one of the workspace's members."""
        return (await self.itself())["user_id"]

    async def rules(self, channel: str) -> Rules:
        """The rules of a channel."""
        return await self.do(lambda: rules_for(channel, self.settings.home, self.records.rules(channel)))

    async def may(self, user: str, role: Role, channel: str) -> bool:
        """Whether a person has a role in a channel."""
        rules = await self.rules(channel)
        if rules.allow(user, role, is_guest=True):
            return True  # by name, whoever they are
        if not rules.allow(user, role, runs_workspace=True):
            return False  # whoever they are
        member = await self.member(user)
        return rules.allow(user, role, is_guest=member.is_guest, runs_workspace=member.runs_workspace)

    async def need(self, user: str, role: Role, channel: str) -> None:
        """Raise Misuse if a person may not do what a role may in a channel."""
        if not await self.may(user, role, channel):
            people = (await self.rules(channel)).approvers if role is Role.APPROVER else ()
            who = f" ({', '.join(f'<@{person}>' for person in people)})" if people else ""
            raise Misuse(f"{REFUSALS[role]}{who}. Nothing was changed. An admin changes who may: `/easel rules`.")

    async def tell(self, row: RequestRow, text: str, blocks: Sequence[Json] | None = None) -> None:
        """Tell the person who asked, and nobody else: where they asked, or in a direct message where that fails.

        A direct message is sent once, also if the request is carried out again after a crash.
        """
        body = row.body
        extra: dict[str, Any] = {"blocks": list(blocks)} if blocks else {}
        if address := body.get("response_url"):
            answer = await AsyncWebhookClient(str(address)).send(
                text=text, response_type="ephemeral", replace_original=False, **extra
            )
            if answer.status_code == 200:
                return
        user = str(body["user"])
        channel, thread = await self.do(place_of, self.records, body)
        if channel:
            try:
                await self.client.chat_postEphemeral(
                    channel=channel, user=user, text=text, thread_ts=thread or None, **extra
                )
            except SlackApiError:
                pass  # not a member of the channel, or it is archived: tell them directly
            else:
                return
        direct, key = await self.direct(user), f"{row.key}:{digest([text, blocks])}"
        told_before = row.attempts > 1 and await find_message(
            self.client, await self.bot_user(), direct, None, key, row.created_at.timestamp()
        )
        if not told_before:
            await self.client.chat_postMessage(channel=direct, text=text, metadata=tag(key), **extra)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that may take long and need not survive this process."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def address(self) -> str:
        """The workspace's own web address; empty where Slack does not say."""
        return (await self.itself())["url"]

    async def direct(self, user: str) -> str:
        """The direct message channel with a person."""
        return str((await self.client.conversations_open(users=user))["channel"]["id"])
