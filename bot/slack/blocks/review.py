"""The candidates to pick from: a carousel of cards, or pictures with buttons where Slack refuses it, or words alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bot.pipeline.review import best_of, doubts, is_blocked
from bot.records import PostState
from bot.records.tables import CandidateRow
from bot.slack.blocks.verdicts import verdict_words
from bot.slack.blocks.words import (
    Json,
    actions,
    button,
    context,
    escaped,
    header,
    marked,
    picture,
    plain,
    section,
    shortened,
    sure,
    who,
)
from bot.slack.story import Story

MOST_CARDS = 10


class Gallery(StrEnum):
    """How candidates are shown, the best first; the next is tried where Slack refuses one."""

    CAROUSEL = "carousel"
    IMAGES = "images"
    WORDS = "words"


def review_blocks(
    story: Story, batch: Sequence[CandidateRow], files: Mapping[str, str], gallery: Gallery
) -> list[Json]:
    """One drawing's candidates with what may be done about them, while the post is in review and they are the newest.

    `files` are Slack's file ids by candidate id.
    """
    is_open = story.post.state == PostState.REVIEW and story.drawing is None and list(batch) == story.newest
    blocks: list[Json] = [header(title(story, batch, is_open=is_open))]
    match gallery:
        case Gallery.CAROUSEL:
            cards = [card(story, row, files[row.id], is_open=is_open) for row in batch[:MOST_CARDS]]
            blocks.append({"type": "carousel", "elements": cards})
        case Gallery.IMAGES:
            for row in batch:
                blocks += [picture(files[row.id], alt_of(story, row)), candidate_line(story, row, is_open=is_open)]
        case Gallery.WORDS:
            blocks += [candidate_line(story, row, is_open=is_open) for row in batch]
    blocks.append(context(marked(brief_words(story, batch))))
    if is_open:
        blocks.append(decisions(story, batch))
    elif told := ending(story, batch):
        blocks.append(context(marked(told)))
    return blocks


def title(story: Story, batch: Sequence[CandidateRow], *, is_open: bool) -> str:
    """What stands over the gallery."""
    numbers = f"{batch[0].number}-{batch[-1].number}" if len(batch) > 1 else str(batch[0].number)
    return f"Pick a picture: {numbers}" if is_open else f"Candidates {numbers}"


def card(story: Story, row: CandidateRow, file: str, *, is_open: bool) -> Json:
    """One candidate as a card."""
    made: Json = {
        "type": "card",
        "hero_image": picture(file, alt_of(story, row)),
        "title": plain(name_of(story, row), 150),
        "subtitle": plain(verdict_words("picture", row.verdicts), 150),
        "body": plain(drawn_by(row), 200),
    }
    if is_open and not is_blocked(row):
        made["actions"] = [approve_button(story, row)]
    return made


def candidate_line(story: Story, row: CandidateRow, *, is_open: bool) -> Json:
    """One candidate as a paragraph with a button."""
    text = plain(f"{name_of(story, row)}\n{verdict_words('picture', row.verdicts)}\n{drawn_by(row)}")
    return section(text, approve_button(story, row) if is_open and not is_blocked(row) else None)


def drawn_by(row: CandidateRow) -> str:
    """Seed and model, after what of the alt text the picture may not show."""
    doubted = doubts(row)
    return f"{f'{doubted} · ' if doubted else ''}seed {row.seed} · {row.model}"


def approve_button(story: Story, row: CandidateRow) -> Json:
    """Opens the preview with this candidate picked."""
    return button(f"Approve {row.number}", "approve", f"{story.ref}:{row.number}", style="primary")


def decisions(story: Story, batch: Sequence[CandidateRow]) -> Json:
    """What may be decided about the whole."""
    best = best_of(batch)
    first = f"{story.ref}:{best.number}" if best else story.ref
    return actions(
        button("Approve several …", "approve_several", first) if len(batch) > 1 and best else None,
        button("Schedule …", "schedule", first) if best else None,
        button("Edit", "edit", story.ref),
        button("Again", "again", story.ref),
        button(
            "Reject",
            "reject",
            story.ref,
            style="danger",
            confirm=sure("Reject this post?", "Nothing of it goes out.", "Reject"),
        ),
    )


def name_of(story: Story, row: CandidateRow) -> str:
    """A candidate's number and score; the best of its drawing is starred."""
    batch = [other for other in story.candidates if other.brief_id == row.brief_id]
    best = best_of(batch)
    return f"{'★ ' if best is not None and best.id == row.id else ''}{row.number} · score {row.score:.2f}"


def alt_of(story: Story, row: CandidateRow) -> str:
    """What the picture shows."""
    written = story.options.alt_text
    told = written or (story.brief.body["alt_text"] if story.brief else "")
    return f"Candidate {row.number}: {told}"


def brief_words(story: Story, batch: Sequence[CandidateRow]) -> str:
    """What was understood, and the verdicts on the texts."""
    if story.brief is None:
        return "There is no brief."
    body = story.brief.body
    avoid = f" · without {escaped(', '.join(body['negative'][:8]))}" if body.get("negative") else ""
    prompt = escaped(shortened(body["prompt"], 300))
    return f"{escaped(verdict_words('text', story.brief.verdicts))} · drawn: {prompt}{avoid}"


def ending(story: Story, batch: Sequence[CandidateRow]) -> str:
    """Why nothing can be picked here any more."""
    if story.drawing is not None:
        return "New pictures are being drawn; these stay here."
    if list(batch) != story.newest:
        return "There are newer pictures below; these can be picked there too, with *Approve several*."
    if story.post.state == PostState.APPROVED and (row := story.last(PostState.APPROVED)):
        return f"Approved by {who(row.person)}: {escaped(row.why)}."
    if story.post.state == PostState.REJECTED and (row := story.last(PostState.REJECTED)):
        return f"Rejected by {who(row.person)}: {escaped(row.why)}."
    return ""
