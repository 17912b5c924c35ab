"""The form to approve with: exactly what each network would get, before anybody says yes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.pipeline.review import is_blocked
from bot.records.values import Planned
from bot.slack.blocks.compose import at_input, length_told, when_options
from bot.slack.blocks.review import name_of
from bot.slack.blocks.words import (
    Json,
    choose,
    context,
    field,
    header,
    label,
    marked,
    modal,
    network_name,
    option,
    picture,
    plain,
    section,
    shortened,
    when,
)
from bot.slack.story import Story

APPROVE = "approve_post"
TOGETHER, CAROUSEL, APART = "together", "carousel", "apart"
ARRANGEMENTS = {
    TOGETHER: "All in one post",
    CAROUSEL: "As a carousel, where the network has them",
    APART: "As alternatives: one for each account",
}
MOST_PICTURES = 8
"""Of one network's post that are shown; a modal holds 100 blocks."""


@dataclass(frozen=True)
class Wish:
    """What is picked in the form: candidate numbers, their arrangement, the time."""

    picks: tuple[int, ...]
    arrangement: str
    when: str
    at: int


def preview_view(
    story: Story,
    plans: Sequence[Planned],
    costs: Sequence[str],
    wish: Wish,
    files: Mapping[str, str],
    problem: str = "",
) -> Json:
    """The form. `files` are Slack's file ids by the pictures' SHA-256; `problem` is why it cannot go out like this."""
    blocks: list[Json] = []
    if len([row for row in story.candidates if not is_blocked(row)]) > 1:
        blocks.append(field("picks", "Pictures", picks_input(story, wish), acts=True))
    if len(wish.picks) > 1:
        arrangements = [option(name, value) for value, name in ARRANGEMENTS.items()]
        element = choose("picks", arrangements, wish.arrangement)
        blocks.append(field("arrangement", "Several pictures", element, acts=True))
    blocks += [
        field("when", "When", choose("when", when_options(), wish.when)),
        field("at", "At", at_input(wish.at), hint="Only for a time of your own.", optional=True),
    ]
    if problem:
        blocks.append(section(label(f":warning: {problem}", 3_000)))
    for plan, cost in zip(plans, costs, strict=True):
        blocks += network_preview(plan, cost, files)
    metadata: Json = {"post": story.ref, "picks": list(wish.picks), "arrangement": wish.arrangement}
    metadata["problem"] = shortened(problem, 900)
    return modal(APPROVE, "Approve", "Approve", blocks, json.dumps(metadata))


def picks_input(story: Story, wish: Wish) -> Json:
    """Which candidates are in it; those that moderation blocks are not offered."""
    options = [option(name_of(story, row), str(row.number)) for row in story.candidates if not is_blocked(row)][-100:]
    chosen = {str(number) for number in wish.picks}
    made: Json = {"type": "multi_static_select", "action_id": "picks", "options": options}
    initial = [one for one in options if one["value"] in chosen]
    return made | ({"initial_options": initial} if initial else {})


def network_preview(plan: Planned, cost: str, files: Mapping[str, str]) -> list[Json]:
    """One network's post as it will appear."""
    due = f" · {when(plan.due_at)}" if plan.due_at else ""
    blocks = [
        header(network_name(plan.network, plan.account)),
        section(plain(plan.text)),
        context(marked(f"{length_told(plan.network, plan.text)} {cost}{due}")),
    ]
    for sha, alt in plan.pictures[:MOST_PICTURES]:
        if sha in files:
            blocks.append(picture(files[sha], alt))
        blocks.append(context(plain(f"Alt text: {alt}")))
    if plan.carousel:
        blocks.append(context(plain("The pictures go as one document, a page each.")))
    return blocks
