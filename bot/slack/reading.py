"""Forms read from what Slack sends of a view: the form, or what is wrong at which field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.articles.addresses import checked_url
from bot.errors import Misuse
from bot.pipeline.wishes import TONES
from bot.slack.blocks.compose import MOST_COUNT, length_told
from bot.slack.forms import AT, NOW, SLOT, ComposeForm, Values, read, refuse_time, words_in
from bot.slack.incoming import with_emoji
from generation.prompting.brief import DraftError
from generation.prompting.draft import clean_draft
from publishers import limits_of
from publishers.networks import ALL_LIMITS

Errors = dict[str, str]

HIGHEST_GUIDANCE = 100.0


def read_compose(values: Values, metadata: Mapping[str, Any], long_draft: str, now: datetime) -> ComposeForm | Errors:
    """The filled-in form for a new post; `long_draft` is the one that the form was too small for."""
    errors: Errors = {}
    draft = ""
    try:
        draft, _ = clean_draft(long_draft or with_emoji(str(read(values, "draft") or "")))
    except DraftError as error:
        errors["draft"] = str(error)
    targets = tuple(pair_of(value) for value in read(values, "targets") or ())
    if not targets or not all(network in ALL_LIMITS and account for network, account in targets):
        errors["targets"] = "Pick where the post goes."
    when, at = read(values, "when") or NOW, read(values, "at") or 0
    if when not in (NOW, SLOT, AT):
        errors["when"] = "Pick when the post goes out."
    if when == AT and (refusal := refuse_time(at, now)):
        errors["at"] = refusal
    guidance = read_guidance(read(values, "guidance"))
    if isinstance(guidance, str):
        errors["guidance"] = guidance
    count = read(values, "count") or ""
    if not (str(count).isdecimal() and 1 <= int(count) <= MOST_COUNT):
        errors["count"] = f"From 1 to {MOST_COUNT} pictures can be drawn."
    article = str(read(values, "article") or "").strip()
    if refusal := refuse_address(article) if article else None:
        errors["article"] = refusal
    if errors:
        return errors
    tone = read(values, "tone") or ""
    return ComposeForm(
        draft=draft,
        targets=targets,
        channel=str(read(values, "where") or metadata.get("channel") or ""),
        thread=str(metadata.get("thread") or ""),
        when=when,
        at=at if when == AT else 0,
        count=int(count),
        guidance=guidance if isinstance(guidance, float) else None,
        negative=words_in(read(values, "negative")),
        model=str(read(values, "model") or ""),
        tone=tone if tone in TONES else "",
        article=article,
    )


def refuse_address(article: str) -> str | None:
    """Why an article's address cannot be fetched, as far as it tells by itself; None if it can."""
    try:
        checked_url(article)
    except Misuse as error:
        return str(error)
    return None


def wants_own_words(form: ComposeForm, values: Values) -> bool:
    """Whether the words for each network are asked for: because a person wants to, or because some are too long."""
    return bool(read(values, "own_words")) or any(
        limits_of(network).length(form.draft) > limits_of(network).characters for network in form.networks
    )


def refuse_words(form: ComposeForm) -> Errors:
    """What networks would refuse of the draft itself, other than its length; at the draft's field."""
    problems = [problem for network in form.networks for problem in limits_of(network).problems(form.draft)]
    return {"draft": " ".join(problems)} if problems else {}


def read_words(values: Values, form: ComposeForm) -> ComposeForm | Errors:
    """The form with the words for each network; each that is refused is told at its field, with how long it is."""
    texts, errors = read_texts(values, form.networks)
    return errors or form.with_texts(texts)


def read_texts(values: Values, networks: list[str]) -> tuple[dict[str, str], Errors]:
    """The text of each network's field, and what its network would refuse of it."""
    texts: dict[str, str] = {}
    errors: Errors = {}
    for network in networks:
        block = f"text:{network}"
        try:
            text, _ = clean_draft(with_emoji(str(read(values, block) or "")))
        except DraftError as error:
            errors[block] = str(error)
            continue
        if problems := limits_of(network).problems(text):
            too_long = limits_of(network).length(text) > limits_of(network).characters
            errors[block] = length_told(network, text) if too_long else " ".join(problems)
        texts[network] = text
    return texts, errors


def read_guidance(text: Any) -> float | str | None:
    """A guidance scale, None for an empty field, or what is wrong with it."""
    if text in (None, ""):
        return None
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = -1.0
    return value if 0 <= value <= HIGHEST_GUIDANCE else f"A number from 0 to {HIGHEST_GUIDANCE:g}, or nothing."


def pair_of(value: str) -> tuple[str, str]:
    """A (network, account) pair from an option's value."""
    network, _, account = value.partition("/")
    return network, account
