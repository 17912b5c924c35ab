"""Approving with a preview: what a person was shown is what is approved, or nothing is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.errors import Misuse
from bot.pipeline.planning import plan
from bot.pipeline.review import approve, is_blocked
from bot.pipeline.studio import Studio
from bot.records.tables import CandidateRow, RequestRow
from bot.records.values import Planned
from bot.roles import Role
from bot.schedule import Timing
from bot.slack.blocks.preview import APART, CAROUSEL, TOGETHER, Wish, preview_view
from bot.slack.blocks.words import Json
from bot.slack.desk import Desk
from bot.slack.forms import AT, NOW, SLOT, Values, read
from bot.slack.payloads import post_in
from bot.slack.places import channel_of
from bot.slack.story import Story, read_story
from publishers import Media, Publication


async def open_preview(desk: Desk, row: RequestRow, when: str = "") -> None:
    """Open the form to approve with, for somebody who may."""
    post_id, version, number = post_in(row.body["value"])
    await need_approver(desk, row, post_id)
    view = await desk.do(opened, desk.studio, post_id, version, number, when)
    await desk.client.views_open(trigger_id=row.body["trigger"], view=view)


async def renew_preview(desk: Desk, row: RequestRow) -> None:
    """Show the preview of what is picked now."""
    sent = row.body["view"]
    post_id, version, _ = post_in(str(sent["metadata"].get("post")))
    await need_approver(desk, row, post_id)
    wish = wish_in(sent["values"], sent["metadata"])
    view = await desk.do(renewed, desk.studio, post_id, version, wish)
    await desk.client.views_update(view_id=sent["id"], hash=sent["hash"], view=view)


async def need_approver(desk: Desk, row: RequestRow, post_id: str) -> None:
    """Raise Misuse if the person may not approve this post."""
    channel = await channel_of(desk, post_id)
    await desk.need(row.body["user"], Role.APPROVER, channel)
    post = await desk.do(desk.records.post, post_id)
    if (await desk.rules(channel)).two_people and post.requested_by == row.person:
        raise Misuse("Two people are needed here: somebody else has to approve what you asked for.")


def opened(studio: Studio, post_id: str, version: int, number: int, when: str) -> Json:
    """The form as it opens: the one candidate picked, at the post's own time."""
    story = seen_story(studio, post_id, version)
    post = story.post
    own = SLOT if post.next_slot else AT if post.due_at else NOW
    at = int(post.due_at.timestamp()) if post.due_at else 0
    return preview(studio, story, Wish((number,), TOGETHER, when or own, at))


def renewed(studio: Studio, post_id: str, version: int, wish: Wish) -> Json:
    """The form with other picks."""
    return preview(studio, seen_story(studio, post_id, version), wish)


def seen_story(studio: Studio, post_id: str, version: int) -> Story:
    """The story, if it still is the one that the person saw.

    Raises:
        Misuse: if it has moved on.
    """
    story = read_story(studio.records, post_id)
    if story.version != version:
        last = story.audit[-1]
        raise Misuse(f"The post has moved on since then: {last.person} {last.why}. Use the newest message.")
    return story


def preview(studio: Studio, story: Story, wish: Wish) -> Json:
    """The form for a wish; where a network would refuse it, it says so and cannot be sent off."""
    picks = picked(story.candidates, wish.picks)
    files = picture_files(studio, story)
    try:
        if not picks:
            raise Misuse("Pick at least one picture.")
        plans = plan(studio, story.post, picks, timing=timing_of(replace(wish, when=NOW)), **arranged(wish.arrangement))
    except Misuse as refusal:
        return preview_view(story, [], [], wish, files, str(refusal))
    shown = [replace(one, due_at=None) for one in plans]
    return preview_view(story, shown, [cost_of(studio, one) for one in plans], wish, files)


def picked(candidates: Sequence[CandidateRow], numbers: Sequence[int]) -> list[CandidateRow]:
    """The candidates with these numbers, in the order of the numbers given; blocked ones are left out."""
    by_number = {row.number: row for row in candidates if not is_blocked(row)}
    return [by_number[number] for number in dict.fromkeys(numbers) if number in by_number]


def picture_files(studio: Studio, story: Story) -> dict[str, str]:
    """Slack's file ids by the pictures' SHA-256, of the candidates that the thread shows."""
    thread = studio.records.thread(story.post.id)
    shown: dict[str, str] = {}
    for name, message in (thread.messages if thread else {}).items():
        if name.startswith("batch:"):
            shown |= message["files"]
    return {row.picture: shown[row.id] for row in story.candidates if row.id in shown}


def cost_of(studio: Studio, planned: Planned) -> str:
    """What the network will charge, in words."""
    from bot.accounts import open_publisher

    media = tuple(Media(sha, alt) for sha, alt in planned.pictures)
    publication = Publication("preview", planned.text, datetime.now(UTC), media)
    publisher = open_publisher(studio.settings, studio.records, planned.network, planned.account)
    cost = publisher.cost(publication)
    return "Costs nothing." if cost == Decimal(0) else f"Costs ${cost:.3f}."


def wish_in(values: Values, metadata: Mapping[str, Any]) -> Wish:
    """What is picked in the form; what it does not ask is as it was."""
    numbers = read(values, "picks") if "picks" in values else metadata.get("picks") or []
    arrangement = read(values, "arrangement") or metadata.get("arrangement") or TOGETHER
    at = read(values, "at")
    picks = tuple(int(number) for number in numbers if str(number).isdecimal() and len(str(number)) < 6)
    return Wish(picks, str(arrangement), str(read(values, "when") or NOW), at if isinstance(at, int) else 0)


def arranged(arrangement: str) -> dict[str, bool]:
    """The arrangement as `plan` takes it."""
    return {"carousel": arrangement == CAROUSEL, "apart": arrangement == APART}


def timing_of(wish: Wish) -> Timing:
    """The time that was picked."""
    at = datetime.fromtimestamp(wish.at, UTC) if wish.when == AT else datetime.now(UTC)
    return Timing(slot=True) if wish.when == SLOT else Timing(at)


async def approve_wish(desk: Desk, row: RequestRow) -> None:
    """Approve what was previewed."""
    post_id, version, _ = post_in(row.body["post"])
    await need_approver(desk, row, post_id)
    wish = Wish(tuple(row.body["picks"]), row.body["arrangement"], row.body["when"], row.body["at"])
    picks = picked(await desk.do(desk.records.candidates, post_id), wish.picks)
    await desk.do(
        lambda: approve(
            desk.studio,
            post_id,
            picks,
            row.person,
            timing=timing_of(wish),
            version=version,
            **arranged(wish.arrangement),
        )
    )
