"""Making each thread say what the records say. What is not shown yet is found anew after a crash, and shown once.

Every message is made of a `Story`; what was sent is remembered by its digest, so that showing twice changes nothing.
Between Slack's answer and our note of it lies a moment in which a crash would show a message a second time; nothing
else depends on messages, so that nothing is decided twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.errors import EaselError
from bot.pipeline.durable import ask_to_draw
from bot.records import PostState, Records
from bot.records.states import REMINDED
from bot.records.tables import CandidateRow, ThreadRow
from bot.roles import EVERYBODY
from bot.settings import Settings
from bot.slack.blocks.outcome import outcome_blocks, outcome_text
from bot.slack.blocks.review import Gallery, alt_of, review_blocks
from bot.slack.blocks.status import status_blocks, status_text
from bot.slack.blocks.words import Json, context, escaped, marked, section
from bot.slack.desk import Desk
from bot.slack.errands import reason
from bot.slack.files import Upload, discard, upload
from bot.slack.inbox import user_of
from bot.slack.story import Story, read_story
from bot.slack.trusting import approve_unseen, trusted_pick

LOOK_SECONDS = 0.5
EDIT_SECONDS = 3.0
"""Between two edits of a thread's first message: Slack allows some fifty edits a minute in a workspace."""

LEASE = timedelta(seconds=90)
"""How long a thread is held at most; the process of the same name takes it up at once."""
RECENT = timedelta(minutes=2)
EVERYTHING = datetime(2000, 1, 1, tzinfo=UTC)
EVERYTHING_SECONDS = 60.0
"""How often all threads are looked at, beyond those to which something happened just now."""

AFTER_TROUBLE_SECONDS = 10.0
BUSY_SECONDS = 1.0
NOT_HERE = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "team_not_found"})
"""Slack's words for a channel that the app may not write to."""
REFUSED_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_attachments"})

log = logging.getLogger("easel.slack")


class Showing:
    """Looks for news in the records, and shows it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        records: Records,
        desk_of: Callable[[str], Awaitable[Desk]],
        workspaces: Callable[[], Collection[str] | None],
    ) -> None:
        self._name = name
        self._settings = settings
        self._records = records
        self._desk_of = desk_of
        self._workspaces = workspaces
        self._running: dict[str, asyncio.Task[None]] = {}
        self._pace = Pace()

    async def run(self) -> None:
        """Hand drawings over and show news, without end."""
        looked_at_all = float("-inf")
        while True:
            with suppress(EaselError):  # the database is busy: the next look tries again
                await asyncio.to_thread(self._hand_over)
                everything = time.monotonic() - looked_at_all > EVERYTHING_SECONDS
                since = EVERYTHING if everything else datetime.now(UTC) - RECENT
                for row in await asyncio.to_thread(self._records.threads_to_show, since, self._workspaces()):
                    self._start(row)
                if everything:
                    looked_at_all = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)

    async def finish(self, seconds: float) -> None:
        """Let what runs end within the time."""
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=seconds)
        for task in self._running.values():
            task.cancel()

    def _hand_over(self) -> None:
        """Put drawings that were asked for into the queue; each is there once, however often it is put."""
        for row in self._records.drawings(self._workspaces()):
            if not row.handed_over:
                try:
                    ask_to_draw(self._settings, row.post_id, row.seeds, row.person)
                except EaselError:  # no drawing worker was ever started: the thread says that it waits
                    return
                self._records.mark_handed_over(row)

    def _start(self, row: ThreadRow) -> None:
        if row.post_id in self._running or time.monotonic() < self._pace.not_before.get(row.post_id, 0.0):
            return
        task = asyncio.create_task(self._show(row))
        self._running[row.post_id] = task
        task.add_done_callback(lambda _: self._running.pop(row.post_id, None))

    async def _show(self, row: ThreadRow) -> None:
        try:
            desk = await self._desk_of(row.workspace)
            held = await desk.do(desk.records.lease_thread, row.post_id, self._name, LEASE)
            if held is None:
                self._pace.wait(row.post_id, BUSY_SECONDS)
                return
            await Thread(desk, held, self._name, self._pace).show()
        except Exception as error:  # noqa: BLE001 - one thread's trouble must not stop the others
            log.warning("The thread of %s could not be shown: %s", row.post_id, reason(error))
            self._pace.wait(row.post_id, AFTER_TROUBLE_SECONDS)


@dataclass
class Pace:
    """When a thread may be looked at again, and when its first message was edited last, by this process's clock."""

    not_before: dict[str, float] = field(default_factory=dict)
    edited: dict[str, float] = field(default_factory=dict)

    def wait(self, post_id: str, seconds: float) -> None:
        """Leave a thread alone for a while."""
        self.not_before[post_id] = time.monotonic() + seconds

    def may_edit(self, post_id: str) -> bool:
        """Whether the first message was not edited just now."""
        return time.monotonic() - self.edited.get(post_id, float("-inf")) >= EDIT_SECONDS


class Thread:
    """One post's thread, held by this process while it is made to say what the records say."""

    def __init__(self, desk: Desk, row: ThreadRow, holder: str, pace: Pace) -> None:
        self.desk = desk
        self.post_id = row.post_id
        self.channel = row.channel
        self.thread_ts = row.thread_ts
        self.messages: dict[str, Any] = json.loads(json.dumps(row.messages))
        self.holder = holder
        self.pace = pace

    async def show(self) -> None:
        """Show what is new, note each message as soon as it is there, and let go of the thread."""
        story = await self.desk.do(read_story, self.desk.records, self.post_id)
        if pick := trusted_pick(story, await self.desk.rules(self.channel)):
            with suppress(EaselError):  # somebody was faster, or it cannot go out like this: a person decides
                await self.desk.do(approve_unseen, self.desk.studio, story, pick)
                story = await self.desk.do(read_story, self.desk.records, self.post_id)
        late = not await self.show_status(story)
        for batch in batches(story.candidates):
            if story.drawing is None or f"batch:{batch[0].brief_id}" in self.messages:
                await self.show_batch(story, batch)
        await self.show_outcomes(story)
        await self.show_reminder(story)
        values: dict[str, Any] = {"leased_until": datetime.now(UTC)}
        if not late:
            values["shown_audit"] = story.newest_audit
        await self.save(**values)

    async def save(self, **values: Any) -> None:
        """Note what is shown."""
        kept = {"channel": self.channel, "thread_ts": self.thread_ts, "messages": self.messages, **values}
        if not await self.desk.do(lambda: self.desk.records.save_thread(self.post_id, self.holder, **kept)):
            raise EaselError("another process holds it by now")

    async def show_status(self, story: Story) -> bool:
        """The first message; False if it was edited too short a while ago and has to wait."""
        known = self.messages.setdefault("status", {})
        if "ts" not in known:
            await self.begin(known, status_blocks(story), status_text(story), story)
            self.pace.edited[self.post_id] = time.monotonic()
            return True
        if not self.pace.may_edit(self.post_id):
            return str(known["digest"]) == digest(status_blocks(story, self.previewed))
        blocks = status_blocks(story, await self.preview(story))
        if known["digest"] != digest(blocks):
            try:
                await self.update(known, blocks, status_text(story))
            except SlackApiError as error:
                if error.response.get("error") not in REFUSED_BLOCKS or not self.previewed:
                    raise
                await self.update(known, status_blocks(story), status_text(story))
            self.pace.edited[self.post_id] = time.monotonic()
        return True

    @property
    def previewed(self) -> str:
        """Slack's id of the growing pictures that are shown."""
        return str(self.messages.get("preview", {}).get("file", ""))

    async def preview(self, story: Story) -> str:
        """Slack's id of the growing pictures, uploaded when there are new ones; the old ones are taken away."""
        shown = self.messages.get("preview", {"file": "", "digest": ""})
        data = story.drawing.preview if story.drawing else None
        made = hashlib.sha256(data).hexdigest() if data else ""
        if made == shown["digest"]:
            return str(shown["file"])
        try:
            file = (
                (await upload(self.desk.client, [Upload("so-far.jpg", "The pictures so far", data)]))[0] if data else ""
            )
            self.messages["preview"] = {"file": file, "digest": made}
            if shown["file"]:
                await discard(self.desk.client, shown["file"])
        except (SlackApiError, TimeoutError) as error:
            log.info("A preview of %s was left out: %s", self.post_id, reason(error))
        return self.previewed

    async def show_batch(self, story: Story, batch: Sequence[CandidateRow]) -> None:
        """One drawing's candidates: shared in the thread, then to be picked from."""
        known = self.messages.setdefault(f"batch:{batch[0].brief_id}", {"files": {}, "gallery": Gallery.CAROUSEL})
        if len(known["files"]) < len(batch):
            await self.share(story, batch, known)
        await self.show_gallery(story, batch, known)

    async def share(self, story: Story, batch: Sequence[CandidateRow], known: dict[str, Any]) -> None:
        """Upload a drawing's candidates into the thread, all in one message."""
        pictures = self.desk.studio.pictures
        uploads = [
            Upload(f"candidate-{row.number}.png", alt_of(story, row), await self.desk.do(pictures.read, row.picture))
            for row in batch
        ]
        ids = await upload(self.desk.client, uploads, channel=self.channel, thread=self.thread_ts or "")
        known["files"] = dict(zip((row.id for row in batch), ids, strict=True))
        await self.save()

    async def show_gallery(self, story: Story, batch: Sequence[CandidateRow], known: dict[str, Any]) -> None:
        """The message to pick from, in the best form that Slack takes."""
        galleries = list(Gallery)
        for gallery in galleries[galleries.index(Gallery(known["gallery"])) :]:
            blocks = review_blocks(story, batch, known["files"], gallery)
            text = f"Candidates {batch[0].number} to {batch[-1].number}"
            try:
                if "ts" not in known:
                    await self.reply(known, blocks, text)
                elif known["digest"] != digest(blocks):
                    await self.update(known, blocks, text)
            except SlackApiError as error:
                if error.response.get("error") not in REFUSED_BLOCKS or gallery is Gallery.WORDS:
                    raise
                log.info("Slack refused the gallery of %s as %s", self.post_id, gallery)
                continue
            known["gallery"] = gallery
            return

    async def show_outcomes(self, story: Story) -> None:
        """A message for each approval: where the post goes, and how that went."""
        for approval in dict.fromkeys(row.approval_hash for row in story.publications):
            rows = [row for row in story.publications if row.approval_hash == approval]
            known = self.messages.setdefault(f"outcome:{approval[:12]}", {})
            blocks, text = outcome_blocks(rows), outcome_text(rows)
            if "ts" not in known:
                await self.reply(known, blocks, text)
            elif known["digest"] != digest(blocks):
                await self.update(known, blocks, text)

    async def show_reminder(self, story: Story) -> None:
        """A message for the last reminder, while the post still waits."""
        last = max((row.id for row in story.audit if row.to_state == REMINDED), default=0)
        if last <= self.messages.get("reminded", {}).get("audit", 0) or story.post.state != PostState.REVIEW:
            return
        known = {"audit": last}
        self.messages["reminded"] = known
        approvers = [name for name in (await self.desk.rules(self.channel)).approvers if name != EVERYBODY]
        told = next(row.why for row in story.audit if row.id == last)
        text = f":alarm_clock: {' '.join(f'<@{name}>' for name in approvers)} This post {escaped(told)}."
        await self.reply(known, [section(marked(text))], text)

    async def begin(self, known: dict[str, Any], blocks: list[Json], text: str, story: Story) -> None:
        """The first message; in a direct message to who asked, where the app may not write to the channel."""
        try:
            await self.reply(known, blocks, text)
        except SlackApiError as error:
            user = user_of(story.post.requested_by)
            if error.response.get("error") not in NOT_HERE or not user:
                raise
            lost, self.channel, self.thread_ts = self.channel, await self.desk.direct(user), None
            told = f"I am not in <#{lost}>, so this goes on here. `/invite` me there for the next one."
            await self.reply(known, [*blocks, context(marked(told))], text)

    async def reply(self, known: dict[str, Any], blocks: list[Json], text: str) -> None:
        """A new message in the thread, or the one that begins it; noted at once."""
        answer = await self.desk.client.chat_postMessage(
            channel=self.channel, thread_ts=self.thread_ts, blocks=blocks, text=text, unfurl_links=False
        )
        known |= {"ts": str(answer["ts"]), "digest": digest(blocks)}
        self.channel = str(answer["channel"])
        self.thread_ts = self.thread_ts or known["ts"]
        await self.save()

    async def update(self, known: dict[str, Any], blocks: list[Json], text: str) -> None:
        """Say something else in a message; one that somebody deleted is let go."""
        try:
            await self.desk.client.chat_update(channel=self.channel, ts=known["ts"], blocks=blocks, text=text)
        except SlackApiError as error:
            if error.response.get("error") not in ("message_not_found", "cant_update_message"):
                raise
        known["digest"] = digest(blocks)
        await self.save()


def batches(candidates: Sequence[CandidateRow]) -> list[list[CandidateRow]]:
    """The candidates of each drawing."""
    by_brief: dict[str, list[CandidateRow]] = {}
    for row in candidates:
        by_brief.setdefault(row.brief_id, []).append(row)
    return list(by_brief.values())


def digest(blocks: Sequence[Json]) -> str:
    """What a message says, in short."""
    return hashlib.sha256(json.dumps(blocks, sort_keys=True).encode()).hexdigest()[:16]
