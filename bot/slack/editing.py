"""Editing: what was understood, and the words for each network. What changes the picture has it drawn anew."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import Misuse
from bot.pipeline.rewriting import rewrite
from bot.pipeline.seeds import seeds_of
from bot.pipeline.studio import Studio
from bot.quota import refuse_over_quota
from bot.records import PostState
from bot.records.options import PostOptions
from bot.records.tables import RequestRow
from bot.roles import Role
from bot.slack.approving import seen_story
from bot.slack.blocks.edit import edit_view
from bot.slack.desk import Desk
from bot.slack.payloads import post_in
from bot.slack.places import channel_of


async def need_editor(desk: Desk, row: RequestRow, post_id: str) -> None:
    """Raise Misuse if the person may not edit the post: its requester may, and approvers."""
    channel = await channel_of(desk, post_id)
    post = await desk.do(desk.records.post, post_id)
    role = Role.REQUESTER if post.requested_by == row.person else Role.APPROVER
    await desk.need(row.body["user"], role, channel)


async def open_edit(desk: Desk, row: RequestRow) -> None:
    """Open the form."""
    post_id, version, _ = post_in(row.body["value"])
    await need_editor(desk, row, post_id)
    story = await desk.do(seen_story, desk.studio, post_id, version)
    await desk.client.views_open(trigger_id=row.body["trigger"], view=edit_view(story))


async def save_edit(desk: Desk, row: RequestRow) -> None:
    """Change the post, and draw it anew if its picture was changed."""
    post_id, version, _ = post_in(row.body["post"])
    await need_editor(desk, row, post_id)
    await desk.do(change, desk.studio, row, post_id, version)


def change(studio: Studio, row: RequestRow, post_id: str, version: int) -> None:
    """Change the words and order a drawing where the brief was changed.

    A crash between the two leaves a changed post in review: then the edit has moved on, and Again draws it.
    """
    story = seen_story(studio, post_id, version)
    post, before, sent = story.post, story.brief.body if story.brief else {}, row.body
    texts = {
        network: text for network, text in sent["texts"].items() if text != (post.texts or {}).get(network, post.draft)
    }
    options = wished(studio, story.options, before, sent)
    redraw = (options.prompt, options.negative) != (story.options.prompt, story.options.negative)
    if not texts and options == story.options:
        raise Misuse("Nothing was changed.")
    if redraw:
        refuse_over_quota(studio.records, studio.settings, row.person)
    rewrite(studio, post_id, row.person, texts=texts, options=options, version=version)
    if redraw:
        if studio.records.post(post_id).state not in (PostState.REVIEW, PostState.FAILED, PostState.DRAFTED):
            return
        seeds = seeds_of(row.key, options.count or studio.settings.count)
        studio.records.order_drawing(post_id, row.person, seeds, "edited the picture")


def wished(studio: Studio, options: PostOptions, before: dict[str, object], sent: dict[str, object]) -> PostOptions:
    """The options with what was changed in the form; other plain words make another prompt, if none was written."""
    if sent["normalized"] and sent["normalized"] != before.get("normalized"):
        options = replace(options, normalized=str(sent["normalized"]))
        if sent["prompt"] == before.get("prompt"):
            options = replace(options, prompt=studio.writer.write(str(sent["normalized"])).prompt, alt_text=None)
    if sent["prompt"] and sent["prompt"] != before.get("prompt"):
        options = replace(options, prompt=str(sent["prompt"]), alt_text=None)
    negative = tuple(str(word) for word in sent["negative"])  # type: ignore[attr-defined]
    if list(negative) != before.get("negative"):
        options = replace(options, negative=negative)
    if sent["alt_text"] and sent["alt_text"] != (options.alt_text or before.get("alt_text")):
        options = replace(options, alt_text=str(sent["alt_text"]))
    return options
