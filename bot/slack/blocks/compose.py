"""The form for a new post, and its second page with the words for each network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.pipeline.wishes import TONES
from bot.slack.blocks.words import (
    SECTION_LENGTH,
    Json,
    choose,
    context,
    field,
    modal,
    network_name,
    option,
    plain,
    section,
    shortened,
    text_input,
)
from bot.slack.forms import AT, NOW, SLOT, ComposeForm
from publishers import limits_of

COMPOSE, WORDS = "compose", "words"
MOST_COUNT = 10


@dataclass(frozen=True)
class Choices:
    """What there is to choose from: (network, account) pairs, models, and the defaults of the settings."""

    targets: Sequence[tuple[str, str]]
    models: Sequence[str]
    count: int
    model: str


def compose_view(
    form: ComposeForm, choices: Choices, *, source: str, notice: str = "", ask_where: bool = False
) -> Json:
    """The form. `source` is the key of the request that it came from, whose draft may be longer than a field holds."""
    is_long = len(form.draft) > SECTION_LENGTH
    blocks = [context(plain(notice))] if notice else []
    if is_long:
        told = (
            f"The draft has {len(form.draft):,} characters. All of it is read for the picture; "
            "what each network gets you write on the next page."
        )
        blocks += [section(plain(told)), context(plain(shortened(form.draft, 400)))]
    else:
        element = text_input("draft", form.draft, lines=True) | {
            "placeholder": plain("big launch today 🚀 no cap", 150)
        }
        blocks.append(
            field("draft", "Draft", element, hint="Slang and emoji are understood; the words stay as they are.")
        )
    blocks += [
        field("targets", "Where to", targets_input(form, choices)),
        field("when", "When", choose("when", when_options(), form.when)),
        field("at", "At", at_input(form.at), hint="Only for a time of your own.", optional=True),
    ]
    if ask_where:
        where = {"type": "conversations_select", "action_id": "where", "default_to_current_conversation": True}
        where["filter"] = {"include": ["public", "private"], "exclude_bot_users": True}
        blocks.append(field("where", "Review in", where, hint="Empty: in our direct messages.", optional=True))
    if not is_long:
        own_words = {
            "type": "checkboxes",
            "action_id": "own_words",
            "options": [option("Other words for each network", "yes")],
        }
        blocks.append(field("own_words", "Words", own_words, optional=True))
    blocks += drawing_fields(form, choices)
    metadata = {"source": source, "channel": form.channel, "thread": form.thread, "long": is_long}
    return modal(COMPOSE, "Paint a post", "Paint it", blocks, json.dumps(metadata))


def drawing_fields(form: ComposeForm, choices: Choices) -> list[Json]:
    """What may be asked of the pictures."""
    counts = [option(f"{number} picture{'s' * (number > 1)}", str(number)) for number in range(1, MOST_COUNT + 1)]
    guidance: Json = {"type": "number_input", "action_id": "guidance", "is_decimal_allowed": True}
    guidance |= {"min_value": "0", "max_value": "100"}
    if form.guidance is not None:
        guidance["initial_value"] = f"{form.guidance:g}"
    tones = [option(name, tone or "plain") for tone, name in TONES.items()]
    blocks = [
        field("article", "Article", text_input("article", form.article, most=2_000), optional=True,
              hint="The address of a web page that the pictures are to illustrate. The draft stays the post."),
        field("count", "Pictures", choose("count", counts, str(form.count))),
        field("negative", "Leave out", text_input("negative", ", ".join(form.negative or ()), most=500), optional=True,
              hint="Words that must not be in the picture, separated by commas."),
        field("tone", "Tone of the alt text", choose("tone", tones, form.tone or "plain")),
        field("guidance", "Guidance", guidance, optional=True,
              hint="How closely the picture keeps to the words, 0 to 100. Empty: as the model likes it."),
    ]  # fmt: skip
    if len(choices.models) > 1:
        models = [option(name, name) for name in choices.models][:100]
        blocks.append(field("model", "Model", choose("model", models, form.model or choices.model)))
    return blocks


def targets_input(form: ComposeForm, choices: Choices) -> Json:
    """Networks and their accounts, several at once."""
    options = [option(network_name(*pair), "/".join(pair)) for pair in choices.targets][:100]
    chosen = {"/".join(pair) for pair in form.targets}
    made: Json = {"type": "multi_static_select", "action_id": "targets", "options": options}
    initial = [one for one in options if one["value"] in chosen]
    return made | ({"initial_options": initial} if initial else {})


def when_options() -> list[Json]:
    """When a post can go out."""
    return [
        option("As soon as it is approved", NOW),
        option("In the next free slot", SLOT),
        option("At a time of my own", AT),
    ]


def at_input(at: int) -> Json:
    """A time in the reader's own zone."""
    return {"type": "datetimepicker", "action_id": "at"} | ({"initial_date_time": at} if at else {})


def words_view(form: ComposeForm, source: str) -> Json:
    """A field for each network with how long its text is there. `source` is the key of the form's row."""
    blocks: list[Json] = [section(plain("What each network gets. The draft itself stays what the picture is made of."))]
    for network in form.networks:
        limits = limits_of(network)
        most = min(SECTION_LENGTH, limits.characters * 4)  # a link or an emoji may count less than it is long
        element = text_input("text", form.draft, lines=True, most=most)
        blocks.append(field(f"text:{network}", network_name(network), element, hint=length_told(network, form.draft)))
    return modal(WORDS, "Words for each network", "Paint it", blocks, json.dumps({"source": source}))


def length_told(network: str, text: str) -> str:
    """How long a text is on a network, such as `X counts 134 of 280.`"""
    limits = limits_of(network)
    length = limits.length(text)
    over = f" It is {length - limits.characters:,} too long." if length > limits.characters else ""
    return f"{network_name(network)} counts {length:,} of {limits.characters:,}.{over}"
