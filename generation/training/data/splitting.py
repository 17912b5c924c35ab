"""Which examples are trained on, which say when to stop, and which are only measured on: decided by caption."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generation.training.errors import TrainingError

Places = np.ndarray[Any, np.dtype[np.int64]]

FEWEST_CAPTIONS = 3
"""One to train on, one to stop by, one to measure on."""


@dataclass(frozen=True)
class Split:
    """Places of the examples of each part, in rising order."""

    train: Places
    validation: Places
    test: Places


def split(captions: Sequence[str], seed: int, *, validation: float = 0.1, test: float = 0.1) -> Split:
    """Share out examples so that all rows of one caption fall into one part.

    Captions that differ only in case and spaces are one. They are ordered by a hash of seed and caption, so that the
    order of the rows does not matter; each part gets at least one caption.

    Raises:
        TrainingError: there are fewer captions than parts.
    """
    plain = [" ".join(caption.casefold().split()) for caption in captions]
    distinct = sorted(set(plain), key=lambda caption: hashlib.sha256(f"{seed}\n{caption}".encode()).digest())
    if len(distinct) < FEWEST_CAPTIONS:
        raise TrainingError(
            f"There are {len(captions)} pictures with {len(distinct)} different captions; to train, to know when to "
            f"stop and to measure takes {FEWEST_CAPTIONS} captions at the very least, and some hundred to learn much."
        )
    tested = max(1, round(test * len(distinct)))
    validated = tested + max(1, round(validation * len(distinct)))
    place_of = {caption: place for place, caption in enumerate(distinct)}
    parts = np.digitize([place_of[caption] for caption in plain], [tested, validated])
    test_places, validation_places, train_places = (np.flatnonzero(parts == part) for part in range(3))
    return Split(train_places, validation_places, test_places)
