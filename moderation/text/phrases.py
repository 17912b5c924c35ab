"""The words of a sentence and its pairs of neighbouring words, weighed by how rare they are among the examples.

An encoder of sentences smooths over the very words ("no questions asked", "kills wasps"), and those tell much. Two
sentences are alike by the rare words and pairs they share (TF-IDF, compared by the cosine).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from moderation.text.words import plain, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_SENTENCES = 2
"""Examples in which a phrase must stand: what stands in one alone says nothing of others."""


@dataclass(frozen=True)
class Phrases:
    """The phrases of some examples.

    Attributes:
        rarity: of each phrase, the logarithm of how many examples there are for each that holds it.
    """

    rarity: Mapping[str, float]

    @classmethod
    def of(cls, sentences: Sequence[str]) -> Phrases:
        """The phrases that several of `sentences` hold."""
        return cls.of_counted([counted(sentence) for sentence in sentences])

    @classmethod
    def of_counted(cls, rows: Sequence[Counter[str]]) -> Phrases:
        """The same, of sentences that are `counted` already."""
        holding = Counter(phrase for row in rows for phrase in row)
        return cls({phrase: math.log(len(rows) / n) for phrase, n in holding.items() if n >= FEWEST_SENTENCES})

    def weights(self, sentence: str) -> dict[str, float]:
        """How much each known phrase of `sentence` counts; their squares add up to 1."""
        return self.weights_of_counted(counted(sentence))

    def weights_of_counted(self, row: Counter[str]) -> dict[str, float]:
        """The same, of a sentence that is `counted` already."""
        found = {
            phrase: (1 + math.log(count)) * self.rarity[phrase]
            for phrase, count in row.items()
            if phrase in self.rarity
        }
        length = math.hypot(*found.values())
        return {phrase: weight / length for phrase, weight in found.items()} if length else {}

    def likeness(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """How alike `sentences` are to each other, 0 to 1: (sentence, sentence)."""
        holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, sentence in enumerate(sentences):
            for phrase, weight in self.weights(sentence).items():
                holders[phrase].append((row, weight))
        alike = np.zeros((len(sentences), len(sentences)), np.float32)
        for pairs in holders.values():
            rows = np.array([row for row, _ in pairs])
            weights = np.array([weight for _, weight in pairs], np.float32)
            alike[np.ix_(rows, rows)] += np.outer(weights, weights)
        return alike


def counted(sentence: str) -> Counter[str]:
    """How often `sentence` holds each of its phrases."""
    return Counter(phrases(sentence))


def phrases(sentence: str) -> list[str]:
    """The words of `sentence` in small letters, and each two that follow one another."""
    row = [word.letters for word in words(plain(sentence))]
    return [*row, *(" ".join(pair) for pair in pairwise(row))]
