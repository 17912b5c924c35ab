"""A thing to draw, and how sure the words are that a draft is about it."""

from __future__ import annotations

from dataclasses import dataclass

NAMED_WEIGHT = 3.0
"""Rank of a thing that the draft names."""
PLAIN_WEIGHT = 2.3
"""Rank of a thing that the draft names and that only `nouns.tsv` knows."""
BESIDE_WEIGHT = 2.1
"""Rank of what the draft calls a thing, beside a picture made by hand that shows it otherwise."""
THEME_WEIGHT = 2.0
"""Rank of a thing that stands for a theme of the draft."""
HINT_WEIGHT = 1.2
"""Rank of a thing that a common word hints at; it is drawn where the draft names nothing better."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A thing to draw: the phrase for the prompt, how sure the words are that the draft is about it, and its group.

    A `plain` one is drawn in the draft's own words, since no hand-made table names it. `told` is how people say what
    the phrase says with its kind: "a pelican" for "a pelican bird". `beside` is what the draft names and the phrase
    does not: "a plumber" for "a wrench".
    """

    phrase: str
    weight: float
    group: str
    plain: bool = False
    told: str = ""
    beside: str = ""
