"""Kernel ridge regression over example sentences: how alike a sentence is to the bad ones and unlike the harmless ones.

The vectors are the encoder's profiles, moved so that the examples' mean lies in the middle: in the middle layer of a
transformer all sentences point the same way, and only what is left after that tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from moderation.text.encoder import DIMENSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

HARMLESS = "harmless"
KERNEL_WIDTH = 0.65
RIDGE = 0.05
"""Both chosen by cross-validation over the examples (benchmarks/meaning.py); neighbouring values do as well."""


@dataclass(frozen=True)
class Regression:
    """What was learnt from examples.

    Attributes:
        centre: (768,) float32, the examples' mean profile.
        vectors: (example, 768) float32, the examples' centred profiles, of length 1.
        weights: (example, 1 + category) float32: bad or harmless, then each category or not.
    """

    centre: NDArray[np.float32]
    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]

    def values(self, profiles: NDArray[np.float32]) -> NDArray[np.float64]:
        """About -1 (no) to 1 (yes) for each of `profiles`, (profile, 1 + category)."""
        products = kernel(centred(profiles, self.centre), self.vectors) @ self.weights
        return np.asarray(products, np.float64)


def learn(profiles: NDArray[np.float32], labels: Sequence[str], categories: Sequence[str]) -> Regression:
    """The regression of examples with `profiles` (example, 768) and a label each: a category, or harmless."""
    centre = profiles.mean(axis=0)
    vectors = centred(profiles, centre)
    names = np.array(labels)
    columns = [names != HARMLESS, *(names == category for category in categories)]
    targets = np.stack(columns, axis=1) * 2.0 - 1.0
    gram = kernel(vectors, vectors).astype(np.float64) + RIDGE * np.eye(len(vectors))
    return Regression(centre, vectors, np.linalg.solve(gram, targets).astype(np.float32))


def centred(profiles: NDArray[np.float32], centre: NDArray[np.float32]) -> NDArray[np.float32]:
    """`profiles` moved by `centre`, both halves of equal weight, of length 1."""
    halves = (profiles - centre).reshape(-1, 2, DIMENSION)
    halves /= np.maximum(np.linalg.norm(halves, axis=2, keepdims=True), 1e-6) * np.sqrt(2)
    return halves.reshape(-1, 2 * DIMENSION)


def kernel(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """How alike unit vectors are, 1 for equal ones: (left, right)."""
    return np.asarray(np.exp((left @ right.T - 1) / np.float32(KERNEL_WIDTH**2)), np.float32)
