"""Captions as people post and as briefs say: things first, then where they stand, then colours and style."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.training.concepts import everyday_names
from generation.training.grounds import Ground

STYLE_WORDS = {
    "flat": ("flat illustration", "flat emoji", "flat design", "simple flat illustration"),
    "glossy": ("glossy illustration", "3d emoji", "shaded illustration", "glossy emoji"),
    "cartoon": ("cartoon", "emoji", "cartoon illustration", "colourful cartoon"),
    "rounded": ("cartoon", "rounded emoji", "emoji"),
    "simple": ("simple cartoon", "simple illustration", "emoji"),
    "icon": ("flat icon", "icon", "flat illustration"),
    "weather": ("weather icon", "flat icon"),
    "clip art": ("clip art", "clipart drawing", "drawing"),
}
GENERAL_STYLES = (
    "illustration",
    "a picture of",
    "bright colours",
    "cheerful",
    "clean",
    "colourful",
    "simple",
    "friendly",
)
COUNTS = {2: ("two", "2", "a pair of"), 3: ("three", "3", "some")}
_PLACES = {
    "grass": ("on grass under a blue sky", "on the grass", "in a park", "in a meadow", "outside on green grass"),
    "beach": ("at the beach", "on a sandy beach", "on the beach by the sea"),
    "night": ("at night", "under the stars", "in space", "on a starry night sky", "in the night sky"),
    "table": ("on a wooden table", "on a table", "on a desk"),
}
_BESIDE = ("next to", "beside", "and", "and", "with", "and", "to the left of")
_ABOVE = ("above", "on top of", "over", "and", "with")
_UNARTICLED = (
    "people",
    "money",
    "coffee",
    "music",
    "tools",
    "books",
    "flowers",
    "beers",
    "fries",
    "noodles",
    "headphones",
)
_A_BEFORE_VOWEL = re.compile(r"\ba(?= orange\b)")
_SPOKEN = {"grey": ("grey", "gray"), "navy": ("navy", "dark blue", "navy blue"),
           "light blue": ("light blue", "sky blue"),
           "teal": ("teal", "turquoise"), "beige": ("beige", "cream")}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One thing in a scene: its concept, tags and style, and the colour to call it by, if any."""

    concept: str
    tags: tuple[str, ...]
    style: str
    colour: str | None


def caption_of(random: np.random.Generator, shown: Sequence[Shown], copies: int, relation: str, ground: Ground) -> str:
    """One way of saying the scene, in lower case without punctuation but commas."""
    things = _things(random, shown, copies, relation)
    if len(shown) == 1 and shown[0].tags and random.random() < 0.2:
        things = ", ".join([things, *_some(random, shown[0].tags, 2)])
    where = _where(random, ground)
    style = _style(random, shown[0].style)
    if style and random.random() < 0.2:
        things, style = f"{style} of {things}", ""
    caption = f"{things}{where}" + (f", {style}" if style else "")
    return _A_BEFORE_VOWEL.sub("an", caption.replace("-", " "))


def colour_phrase(random: np.random.Generator, colour: str) -> str:
    """A colour's name as one of several people say it."""
    names = _SPOKEN.get(colour, (colour,))
    return names[random.integers(len(names))]


def with_article(name: str) -> str:
    """ "a rocket", "an apple"; plurals and stuff stay bare."""
    if (name.endswith("s") and not name.endswith(("ss", "us"))) or name.startswith(_UNARTICLED):
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def plural(name: str) -> str:
    """The plural of a short noun phrase, regular nouns only."""
    if name.endswith("s"):
        return name
    if name.endswith(("ch", "sh", "x", "z")):
        return name + "es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


def _things(random: np.random.Generator, shown: Sequence[Shown], copies: int, relation: str) -> str:
    names = [_name(random, item) for item in shown]
    if copies > 1:
        counts = COUNTS[copies]
        return f"{counts[random.integers(len(counts))]} {plural(names[0])}"
    bare = random.random() < 0.15
    phrases = names if bare else [with_article(name) for name in names]
    if len(phrases) == 1:
        return phrases[0]
    if len(phrases) == 3:
        return f"{phrases[0]}, {phrases[1]} and {phrases[2]}" if random.random() < 0.8 else ", ".join(phrases)
    if random.random() < 0.12:
        return ", ".join(phrases)
    relations = _ABOVE if relation == "above" else _BESIDE
    return f"{phrases[0]} {relations[random.integers(len(relations))]} {phrases[1]}"


def _name(random: np.random.Generator, item: Shown) -> str:
    names = everyday_names(item.concept)
    name = item.concept if random.random() < 0.35 else names[random.integers(len(names))]
    return f"{item.colour} {name}" if item.colour and not name.startswith(item.colour) else name


def _where(random: np.random.Generator, ground: Ground) -> str:
    if ground.kind in _PLACES:
        places = _PLACES[ground.kind]
        return f" {places[random.integers(len(places))]}" if random.random() < 0.9 else ""
    if ground.kind == "white":
        return (" on a white background", ", white background")[random.integers(2)] if random.random() < 0.2 else ""
    if random.random() < 0.1:
        return ""
    colours = " and ".join(colour_phrase(random, colour) for colour in ground.colours)
    if ground.kind == "gradient":
        return f" on a {colours} gradient background"
    ways = (" on a {} background", " on a {} background", ", {} background", " on {}", " against a {} background")
    return ways[random.integers(len(ways))].format(colours)


def _style(random: np.random.Generator, style: str) -> str:
    roll = random.random()
    if roll < 0.55:
        return ""
    words = STYLE_WORDS[style] if roll < 0.9 else GENERAL_STYLES[2:]
    return words[random.integers(len(words))]


def _some(random: np.random.Generator, items: Sequence[str], most: int) -> list[str]:
    count = int(random.integers(1, most + 1))
    return [items[i] for i in random.permutation(len(items))[:count]]
