"""Better prompts by trying: variants are drawn small, CLIP says which picture fits best, the best goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generation.prompting.clauses import cut_prompt

if TYPE_CHECKING:
    from PIL.Image import Image

    from generation.clip.scoring import ClipScorer

ROUNDS = 2
VARIANTS = 4
"""Tried in a round beside the best so far: with two seeds each, one decode draws them all."""
SEEDS = 2
NEGATIVE_WEIGHT = 0.5
"""How much likeness to the worst of the negative words takes from the likeness to what is wanted."""
STYLES = ("flat illustration", "cartoon", "glossy illustration", "simple icon")
GROUNDS = ("white background", "plain background")

Draw = Callable[[Sequence[str], Sequence[int]], Sequence["Image"]]
"""Prompts and as many seeds -> as many small pictures."""


@dataclass(frozen=True)
class Tried:
    """A prompt that was drawn: its score (mean of its pictures), the best of them, and the round."""

    round: int
    prompt: str
    score: float
    picture: Image


@dataclass(frozen=True)
class Search:
    """Everything that was tried, in order; the first is what the search began with."""

    tried: tuple[Tried, ...]

    @property
    def best(self) -> Tried:
        """The highest score of the last round; of equals the earlier one."""
        last = [item for item in self.tried if item.round == self.tried[-1].round]
        return max(last, key=lambda item: item.score)


def search(draw: Draw, scorer: ClipScorer, prompt: str, negative: Sequence[str] = (), seed: int = 0) -> Search:
    """Try variants of a prompt for `ROUNDS` rounds, each time of the best so far.

    A picture's score is its cosine with the first prompt, which says what is wanted, less `NEGATIVE_WEIGHT` times its
    cosine with the likest negative word. The prompts of a round, the best so far among them, share their seeds; each
    round has new ones, so that luck does not win twice.
    """
    wanted = scorer.texts([prompt])[0]
    unwanted = scorer.texts(negative) if negative else None
    tried: list[Tried] = []
    known: set[str] = set()
    best = prompt
    for number in range(ROUNDS):
        prompts = [best, *[variant for variant in variants(best) if variant not in known]][: VARIANTS + 1]
        known |= set(prompts)
        seeds = [seed + number * SEEDS + index for index in range(SEEDS)]
        images = draw([one for one in prompts for _ in seeds], seeds * len(prompts))
        vectors = scorer.pictures(images)
        scores = vectors @ wanted
        if unwanted is not None:
            scores = scores - NEGATIVE_WEIGHT * np.maximum(vectors @ unwanted.T, 0).max(1)
        for place, one in enumerate(prompts):
            part = scores[place * SEEDS : (place + 1) * SEEDS]
            shown = images[place * SEEDS + int(part.argmax())]
            tried.append(Tried(number, one, float(part.mean()), shown))
        best = Search(tuple(tried)).best.prompt
    return Search(tuple(tried))


def variants(prompt: str) -> list[str]:
    """Other ways to ask for the same, the most promising first; the things drawn stay in front."""
    things, *rest = [clause.strip() for clause in prompt.split(",") if clause.strip()] or [prompt]
    first, *others = things.split(" and ")
    tried = [
        things,
        ", ".join([first, *rest]),
        *(f"{things}, {style}" for style in STYLES),
        *(f"{things} on a {ground}" for ground in GROUNDS),
        " and ".join([*others, first]) if others else first,
    ]
    return [cut_prompt(one)[0] for one in dict.fromkeys(tried) if one != prompt]
