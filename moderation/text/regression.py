"""Kernel ridge regression over example sentences: how alike a sentence is to the bad ones and unlike the harmless ones.

Two sentences are alike by their profiles (the encoder's) and by the phrases they share. The profiles are moved so that
the examples' mean lies in the middle: in the middle layer of a transformer all sentences point the same way, and only
what is left after that tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from moderation.text.encoder import DIMENSION
from moderation.text.phrases import Phrases, counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

HARMLESS = "harmless"
KERNEL_WIDTH = 0.65
PHRASE_SHARE = 0.2
"""How much shared phrases count beside alike profiles, which count 1."""

RIDGE = 0.05
"""All three chosen by cross-validation over the examples (benchmarks/meaning.py); neighbouring values do as well."""


@dataclass(frozen=True)
class Regression:
    """What was learnt from examples.

    Attributes:
        centre: (768,) float32, the examples' mean profile.
        vectors: (example, 768) float32, the examples' centred profiles, of length 1.
        weights: (example, 1 + category) float32: bad or harmless, then each category or not.
        phrases: the examples' phrases.
        told_by: (1 + category,) float32 for each phrase: what it adds to a sentence's values.
    """

    centre: NDArray[np.float32]
    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]
    phrases: Phrases
    told_by: Mapping[str, NDArray[np.float32]]

    @classmethod
    def of(cls, profiles: NDArray[np.float32], sentences: Sequence[str], weights: NDArray[np.float32]) -> Regression:
        """The regression whose examples have these `profiles` (example, 768) and `weights`."""
        centre = profiles.mean(axis=0)
        rows = [counted(sentence) for sentence in sentences]
        phrases = Phrases.of_counted(rows)
        told_by = {phrase: np.zeros(weights.shape[1], np.float32) for phrase in phrases.rarity}
        for row, told in zip(rows, PHRASE_SHARE * weights, strict=True):
            for phrase, weight in phrases.weights_of_counted(row).items():
                told_by[phrase] += np.float32(weight) * told
        return cls(centre, centred(profiles, centre), weights, phrases, told_by)

    def values(self, profiles: NDArray[np.float32], sentences: Sequence[str]) -> NDArray[np.float64]:
        """About -1 (no) to 1 (yes) for each of `sentences` with `profiles`, (sentence, 1 + category)."""
        values = np.asarray(kernel(centred(profiles, self.centre), self.vectors) @ self.weights, np.float64)
        for row, sentence in zip(values, sentences, strict=True):
            for phrase, weight in self.phrases.weights(sentence).items():
                row += weight * self.told_by[phrase]
        return values


def learn(
    profiles: NDArray[np.float32], sentences: Sequence[str], labels: Sequence[str], categories: Sequence[str]
) -> Regression:
    """The regression of examples: `sentences` with their `profiles` (example, 768) and a label each."""
    vectors = centred(profiles, profiles.mean(axis=0))
    names = np.array(labels)
    columns = [names != HARMLESS, *(names == category for category in categories)]
    targets = np.stack(columns, axis=1) * 2.0 - 1.0
    gram = Phrases.of(sentences).likeness(sentences)  # large: (example, example), so worked on in place
    gram *= PHRASE_SHARE
    gram += kernel(vectors, vectors)
    gram[np.diag_indices_from(gram)] += RIDGE
    return Regression.of(profiles, sentences, np.linalg.solve(gram, targets.astype(np.float32)))


def centred(profiles: NDArray[np.float32], centre: NDArray[np.float32]) -> NDArray[np.float32]:
    """`profiles` moved by `centre`, both halves of equal weight, of length 1."""
    halves = (profiles - centre).reshape(-1, 2, DIMENSION)
    halves /= np.maximum(np.linalg.norm(halves, axis=2, keepdims=True), 1e-6) * np.sqrt(2)
    return halves.reshape(-1, 2 * DIMENSION)


def kernel(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """How alike unit vectors are, 1 for equal ones: (left, right)."""
    alike = left @ right.T
    alike -= 1
    alike /= np.float32(KERNEL_WIDTH**2)
    np.exp(alike, out=alike)
    return alike
