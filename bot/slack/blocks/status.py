"""The first message of a post: what was asked for, and how far it is. The same message from the start to the end."""

from __future__ import annotations

from bot.pipeline.drawing import CHECKING, DRAWING, UNDERSTANDING
from bot.records import PostState, PublicationState
from bot.slack.blocks.words import (
    Json,
    actions,
    button,
    context,
    escaped,
    marked,
    network_name,
    picture,
    plain,
    section,
    shortened,
    when,
    who,
)
from bot.slack.story import Story

DRAFT_SHOWN = 600
BAR = 12


def status_blocks(story: Story, preview: str = "") -> list[Json]:
    """The message. `preview` is the file of the growing pictures, if Slack has it."""
    post = story.post
    blocks = [section(plain(shortened(post.draft, DRAFT_SHOWN))), context(marked(asked(story)))]
    blocks.append(section(marked(state_words(story))))
    if preview and story.drawing:
        blocks.append(
            picture(preview, f"The pictures so far: {story.brief.body['prompt'] if story.brief else 'not begun'}")
        )
    if post.state == PostState.FAILED and story.drawing is None:
        blocks.append(actions(button("Again", "again", story.ref, style="primary"), button("Edit", "edit", story.ref)))
    return blocks


def status_text(story: Story) -> str:
    """The message in one line, for notifications and screen readers."""
    return f"{state_words(story)} {escaped(shortened(story.post.draft, 120))}"


def asked(story: Story) -> str:
    """Who asked for what."""
    post = story.post
    pairs = story.options.accounts or tuple((network, "") for network in post.networks)
    where = ", ".join(escaped(network_name(*pair)) for pair in pairs)
    time = f" · {when(post.due_at)}" if post.due_at else (" · in the next free slot" if post.next_slot else "")
    return f"{who(post.requested_by)} · {where}{time} · `{post.id}`"


def state_words(story: Story) -> str:
    """How far the post is."""
    if story.drawing is not None:
        return drawing_words(story)
    match story.post.state:
        case PostState.DRAFTED | PostState.PREPARING:
            return ":hourglass_flowing_sand: *Waiting for a drawing worker.*"
        case PostState.FAILED:
            failed = story.last(PostState.FAILED)
            why = escaped(shortened(failed.why, 500)) if failed else "it is not known why"
            return f":warning: *This went wrong:* {why} Draw it *again*, or *edit* it first."
        case PostState.BLOCKED:
            blocked = story.last(PostState.BLOCKED)
            why = escaped(shortened(blocked.why, 800)) if blocked else ""
            return f":no_entry: *Stopped before drawing.* {why} Write it differently with `/easel`."
        case PostState.REVIEW:
            return ":art: *Ready:* pick a picture below."
        case PostState.REJECTED:
            rejected = story.last(PostState.REJECTED)
            return f":wastebasket: *Rejected* by {who(rejected.person) if rejected else 'somebody'}."
    return publications_words(story)


def drawing_words(story: Story) -> str:
    """The stages of the drawing: understanding → drawing → checking."""
    row = story.drawing
    assert row is not None
    match row.stage:
        case _ if row.stage == UNDERSTANDING:
            return ":mag: *Understanding the draft …*"
        case _ if row.stage == DRAWING and row.steps:
            filled = BAR * row.step // row.steps
            return f":lower_left_paintbrush: *Drawing …* {'▓' * filled}{'░' * (BAR - filled)} {row.step}/{row.steps}"
        case _ if row.stage == DRAWING:
            return ":lower_left_paintbrush: *Drawing …*"
        case _ if row.stage == CHECKING:
            return ":microscope: *Checking the pictures …*"
    if story.before:
        return f":hourglass_flowing_sand: *In the queue:* {story.before} asked for earlier. Small posts may go first."
    return ":hourglass_flowing_sand: *Next in the queue.*"


def publications_words(story: Story) -> str:
    """How an approved post stands, in one line."""
    states = [row.state for row in story.publications if row.state != PublicationState.CANCELLED]
    approved = story.last(PostState.APPROVED)
    by = f" Approved by {who(approved.person)}." if approved else ""
    if not states:
        return f":white_check_mark: *Taken off the plan.*{by}"
    if all(state == PublicationState.PUBLISHED for state in states):
        return f":tada: *Published.*{by}"
    if any(
        state in (PublicationState.FAILED, PublicationState.NEEDS_CONFIRMATION, PublicationState.MISSED)
        for state in states
    ):
        return f":warning: *Needs you:* see below.{by}"
    if all(state == PublicationState.TAKEN_DOWN for state in states):
        return f":put_litter_in_its_place: *Taken down.*{by}"
    return f":white_check_mark: *Approved.*{by}"
