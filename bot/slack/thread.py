"""One post's thread, made to say what the records say, message by message.

Every message is made of a `Story`; what was sent is remembered by its digest, so that showing twice changes nothing.
Nothing else depends on messages, so that nothing is decided by them.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.errors import EaselError
from bot.records import PostState
from bot.records.states import REMINDED
from bot.records.tables import CandidateRow, ThreadRow
from bot.roles import EVERYBODY
from bot.slack.blocks.outcome import outcome_blocks, outcome_text
from bot.slack.blocks.review import Gallery, alt_of, review_blocks
from bot.slack.blocks.status import status_blocks, status_text
from bot.slack.blocks.words import Json, context, escaped, marked, section
from bot.slack.conversation import REFUSED_BLOCKS, Conversation
from bot.slack.desk import Desk
from bot.slack.errands import reason
from bot.slack.files import Upload, discard, upload
from bot.slack.found import digest
from bot.slack.inbox import user_of
from bot.slack.story import Story, read_story
from bot.slack.trusting import approve_unseen, trusted_pick

EDIT_SECONDS = 3.0
"""Between two edits of a thread's first message: Slack allows some fifty edits a minute in a workspace."""

log = logging.getLogger("easel.slack")


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


class Thread(Conversation):
    """One post's thread, held by this process while it is made to say what the records say."""

    def __init__(self, desk: Desk, row: ThreadRow, holder: str, pace: Pace) -> None:
        super().__init__(desk, row, holder)
        self.pace = pace

    async def show(self) -> None:
        """Show what is new, note each message as soon as it is there, and let go of the thread."""
        story = await self.desk.do(read_story, self.desk.records, self.post_id)
        self.requester = user_of(story.post.requested_by)
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
        if not late and story.drawing is None:  # its end is no news by itself, but shows the candidates
            values["shown_audit"] = story.newest_audit
        await self.save(**values)

    async def show_status(self, story: Story) -> bool:
        """The first message; False if it was edited too short a while ago and has to wait."""
        known = self.messages.setdefault("status", {})
        if "ts" not in known:
            await self.post("status", lambda: self.status(story), status_text(story))
            self.pace.edited[self.post_id] = time.monotonic()
            return True
        if not self.pace.may_edit(self.post_id):
            return str(known["digest"]) == digest(self.status(story, self.previewed))
        blocks = self.status(story, await self.preview(story))
        if known["digest"] != digest(blocks):
            try:
                await self.update(known, blocks, status_text(story))
            except SlackApiError as error:
                if error.response.get("error") not in REFUSED_BLOCKS or not self.previewed:
                    raise
                await self.update(known, self.status(story), status_text(story))
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
        name = f"batch:{batch[0].brief_id}"
        known = self.messages.setdefault(name, {"files": {}, "gallery": Gallery.CAROUSEL})
        if len(known["files"]) < len(batch):
            known["files"] = await self.share_batch(story, batch, known)
            await self.save()
        await self.show_gallery(story, batch, name)

    async def share_batch(self, story: Story, batch: Sequence[CandidateRow], known: dict[str, Any]) -> dict[str, str]:
        """Upload a drawing's candidates into the thread: Slack's ids by the candidates'."""
        read = self.desk.studio.pictures.read
        uploads = [
            Upload(
                f"{row.id}.png",
                alt_of(story, row),
                await self.desk.do(read, row.picture),
                f"candidate-{row.number}.png",
            )
            for row in batch
        ]
        ids = await self.share(known, uploads)
        return dict(zip((row.id for row in batch), ids, strict=True))

    async def show_gallery(self, story: Story, batch: Sequence[CandidateRow], name: str) -> None:
        """The message to pick from, in the best form that Slack takes."""
        known, galleries = self.messages[name], list(Gallery)
        for gallery in galleries[galleries.index(Gallery(known["gallery"])) :]:
            blocks = review_blocks(story, batch, known["files"], gallery)
            try:
                await self.put(name, blocks, f"Candidates {batch[0].number} to {batch[-1].number}")
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
            await self.put(f"outcome:{approval[:12]}", outcome_blocks(rows), outcome_text(rows))

    async def show_reminder(self, story: Story) -> None:
        """A message for the last reminder, while the post still waits."""
        last = max((row.id for row in story.audit if row.to_state == REMINDED), default=0)
        name = f"reminder:{last}"
        if not last or "ts" in self.messages.get(name, {}) or story.post.state != PostState.REVIEW:
            return
        approvers = [name for name in (await self.desk.rules(self.channel)).approvers if name != EVERYBODY]
        told = next(row.why for row in story.audit if row.id == last)
        text = f":alarm_clock: {' '.join(f'<@{name}>' for name in approvers)} This post {escaped(told)}."
        await self.put(name, [section(marked(text))], text)

    def status(self, story: Story, preview: str = "") -> list[Json]:
        """The first message, with a word about the channel that the app could not write to."""
        lost = self.messages.get("lost")
        told = f"I am not in <#{lost}>, so this goes on here. `/invite` me there for the next one."
        return status_blocks(story, preview) + ([context(marked(told))] if lost else [])


def batches(candidates: Sequence[CandidateRow]) -> list[list[CandidateRow]]:
    """The candidates of each drawing."""
    by_brief: dict[str, list[CandidateRow]] = {}
    for row in candidates:
        by_brief.setdefault(row.brief_id, []).append(row)
    return list(by_brief.values())
