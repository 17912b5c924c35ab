"""Where one post is shown in Slack, and what is shown there: each message is posted once, changed later, and noted.

Before something is posted it is noted that it will be; once it is there, where. Whoever finds the first note without
the second (a process died, an answer was lost) looks in Slack before posting.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import EaselError
from bot.records.tables import ThreadRow
from bot.slack.blocks.words import Json
from bot.slack.desk import Desk
from bot.slack.files import Upload, upload
from bot.slack.found import digest, find_files, find_message, tag

NOT_HERE = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "team_not_found"})
"""Slack's words for a channel that the app may not write to."""
GONE = frozenset({"message_not_found", "cant_update_message"})
"""Slack's words for a message that somebody deleted."""
REFUSED_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_attachments"})


class Conversation:
    """A post's thread, held by this process."""

    def __init__(self, desk: Desk, row: ThreadRow, holder: str) -> None:
        self.desk = desk
        self.post_id = row.post_id
        self.channel = row.channel
        self.thread_ts = row.thread_ts
        self.messages: dict[str, Any] = json.loads(json.dumps(row.messages))
        self.holder = holder
        self.requester = ""

    async def save(self, **values: Any) -> None:
        """Note what is shown."""
        kept = {"channel": self.channel, "thread_ts": self.thread_ts, "messages": self.messages, **values}
        if not await self.desk.do(lambda: self.desk.records.save_thread(self.post_id, self.holder, **kept)):
            raise EaselError("another process holds it by now")

    async def put(self, name: str, blocks: list[Json], text: str) -> None:
        """Have a message say this: a new one below the first, or the one that is there."""
        known = self.messages.setdefault(name, {})
        if "ts" not in known:
            await self.post(name, lambda: blocks, text)
        elif known["digest"] != digest(blocks):
            await self.update(known, blocks, text)

    async def post(self, name: str, blocks: Callable[[], list[Json]], text: str) -> None:
        """A new message, noted at once. `blocks` are made for the place where it can be posted."""
        known = self.messages.setdefault(name, {})
        if since := known.get("asked"):
            user, key = await self.desk.bot_user(), self.key(name)
            if found := await find_message(self.desk.client, user, self.channel, self.thread_ts, key, since):
                await self.note(known, self.channel, found, "")
                await self.update(known, blocks(), text)
                return
        known["asked"] = time.time()
        await self.save()
        try:
            answer = await self.say(name, blocks(), text)
        except SlackApiError as error:
            if error.response.get("error") in NOT_HERE | REFUSED_BLOCKS:
                del known["asked"]  # surely not posted: nothing to look for
            await self.go_direct(error)
            answer = await self.say(name, blocks(), text)
        await self.note(known, str(answer["channel"]), str(answer["ts"]), digest(blocks()))

    def key(self, name: str) -> str:
        """What tells one message of all posts from any other."""
        return f"{self.post_id}:{name}"

    async def say(self, name: str, blocks: list[Json], text: str) -> AsyncSlackResponse:
        """Post a message where the thread is."""
        return await self.desk.client.chat_postMessage(
            channel=self.channel,
            thread_ts=self.thread_ts,
            blocks=blocks,
            text=text,
            metadata=tag(self.key(name)),
            unfurl_links=False,
        )

    async def note(self, known: dict[str, Any], channel: str, ts: str, shown: str) -> None:
        """Note a message that is there, and what it says."""
        known.pop("asked", None)
        known |= {"ts": ts, "digest": shown}
        self.channel = channel
        self.thread_ts = self.thread_ts or ts
        await self.save()

    async def share(self, known: dict[str, Any], uploads: Sequence[Upload]) -> list[str]:
        """Upload pictures into the thread, all in one message: their ids. No other pictures may have their names."""
        ids: list[str] = []
        if since := known.get("asked"):
            user = await self.desk.bot_user()
            ids = await find_files(self.desk.client, user, [one.name for one in uploads], since)
        if not ids:
            known["asked"] = time.time()
            await self.save()
            ids = await self.upload(uploads)
        del known["asked"]
        return ids

    async def upload(self, uploads: Sequence[Upload]) -> list[str]:
        """Upload pictures where the thread is."""
        try:
            return await upload(self.desk.client, uploads, channel=self.channel, thread=self.thread_ts or "")
        except SlackApiError as error:
            await self.go_direct(error)
            return await upload(self.desk.client, uploads, channel=self.channel)

    async def update(self, known: dict[str, Any], blocks: list[Json], text: str) -> None:
        """Say something else in a message; one that is gone, or where the app may no longer write, is let go."""
        try:
            await self.desk.client.chat_update(channel=self.channel, ts=known["ts"], blocks=blocks, text=text)
        except SlackApiError as error:
            if error.response.get("error") not in GONE | NOT_HERE:
                raise
        known["digest"] = digest(blocks)
        await self.save()

    async def go_direct(self, error: SlackApiError) -> None:
        """Go on in a direct message to who asked, if `error` says that the app may not write here.

        Raises:
            SlackApiError: `error`, if it says something else, or the requester is nobody in Slack.
        """
        lost = self.channel
        if error.response.get("error") not in NOT_HERE or not self.requester:
            raise error
        direct = await self.desk.direct(self.requester)
        if direct == lost:
            raise error
        self.channel, self.thread_ts, self.messages["lost"] = direct, None, lost
