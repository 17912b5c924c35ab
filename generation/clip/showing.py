"""What of a caption a picture may not show, by CLIP.

A thing alone ("a tree") fits a picture of several hardly better than any other does, so each is judged in its place:
does the caption fit better than with something unrelated there instead?
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from generation.clip.scoring import ClipScorer

LEAD = re.compile(
    r"^(?:an?|the) (?:[\w-]+ ){0,3}(?:illustration|picture|drawing|painting|photo|image)(?: of|:)\s*", re.IGNORECASE
)
THING = re.compile(
    r"\b(?:an?|two|three|four|five)\s+(?:(?!(?:and|with|beside|near|under|over|above|in|on|at|next|that|who|while)\b)"
    r"[\w'-]+(?:\s+|(?=[,.;:!?]|$))){1,5}",
    re.IGNORECASE,
)
"""An article or a small number and the words up to the next sign or preposition; "of" belongs to what it counts."""

MOST_THINGS = 5
UNRELATED = (
    "a shoe", "a chair", "a tractor", "an elephant", "a banana", "a key", "a hat", "a drum", "a snowman", "a trophy",
    "a lamp", "a penguin", "a carrot", "a train", "a crown", "a mushroom", "a pencil", "a cactus", "a sheep", "a door",
    "a telephone", "a ladder", "a rainbow", "a spoon", "a violin", "a leaf", "a bus", "a moon", "a bottle", "a cloud",
)  # fmt: skip
"""Things that are in few posts, and all in what doodle's CLIP learnt from."""

FEWEST_BEATEN = 0.6
"""A thing counts as shown if its caption fits better than so many of those with something unrelated. Of the 113 things
in 64 of doodle's pictures 21 were not to be recognised; 6 were doubted, 3 of them rightly: CLIP learnt to see as doodle
draws. So this is a hint for who looks, and no reason to change a text."""


def unshown(clip: ClipScorer, images: Sequence[Image.Image], caption: str) -> list[tuple[str, ...]]:
    """For each picture the things named in `caption` that it may not show, in the caption's words."""
    caption = LEAD.sub("", caption.strip())
    found: list[tuple[str, ...]] = [()] * len(images)
    named = list(things(caption))
    if not named:
        return found
    pictures = np.concatenate([clip.pictures([image]) for image in images])  # one by one: a single program
    for start, end in named:
        others = [caption[:start] + other + caption[end:] for other in UNRELATED]
        fits = pictures @ clip.texts([caption, *others]).T  # (picture, 1 + other)
        beaten = np.mean(fits[:, 1:] < fits[:, :1], axis=1)
        for picture in np.flatnonzero(beaten < FEWEST_BEATEN):
            found[picture] += (caption[start:end],)
    return found


def things(caption: str) -> Iterator[tuple[int, int]]:
    """The `[start, end)` of the things that a caption names, the first ones of many."""
    for match in list(THING.finditer(caption))[:MOST_THINGS]:
        yield match.start(), match.start() + len(match[0].rstrip())
