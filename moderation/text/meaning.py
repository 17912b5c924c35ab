"""What a text means: sentence embeddings compared with labelled examples.

One kernel ridge regression a category over the vectors of config/moderation/sentences.toml, solved when the moderator
loads (a few hundred examples: milliseconds). No training step stands between editing the examples and their effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moderation.policy import Policy
from moderation.text.encoder import SentenceEncoder
from moderation.text.examples import Examples, load_examples
from moderation.text.sentences import pieces
from moderation.verdicts import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

RIDGE = 1.0
KERNEL_WIDTH = 1.0
STEEPNESS = 6.0
LEVEL = 0.4
"""Regression value (0 harmless, 1 an example itself) that becomes the score 0.5."""

MOST_PIECES = 60
"""About 24,000 characters or 0.6 s. What comes after is not read, which is said, for a person to decide."""


class Meaning:
    """Scores a text by the sentence that is most like the examples of each category."""

    def __init__(self, encoder: SentenceEncoder, examples: Examples) -> None:
        self.version = f"{SentenceEncoder.version}; examples {examples.version}"
        self.categories = examples.categories
        self._encoder = encoder
        self._vectors = examples.vectors
        self._weights = solve(examples)

    @classmethod
    def load(cls, policy: Policy) -> Meaning:
        """The encoder, and the examples that the policy names under `options.meaning.sentences`.

        Raises:
            ModerationError: the model or the examples cannot be used.
        """
        encoder = SentenceEncoder.load()
        name = str(policy.options.get("meaning", {}).get("sentences", "moderation/sentences.toml"))
        return cls(encoder, load_examples(policy.path.parent / name, encoder))

    def examine(self, text: str, /) -> list[Finding]:
        """For each category one finding: the piece of `text` that is most like it."""
        parts = pieces(text)
        if not parts:
            return []
        scores = self.scores(parts[:MOST_PIECES])  # (piece, category)
        findings = []
        for column, category in enumerate(self.categories):
            piece = int(scores[:, column].argmax())
            reason = f"{category}: {shorten(parts[piece])!r} reads like it"
            findings.append(Finding(category, float(scores[piece, column]), reason, _span(text, parts[piece])))
        if len(parts) > MOST_PIECES:
            findings.append(Finding(self.categories[0], 0.5, "too long to be read to its end; a person must read it"))
        return findings

    def scores(self, sentences: list[str]) -> NDArray[np.float64]:
        """Scores 0 to 1, (sentence, category)."""
        values = kernel(self._encoder.encode(sentences), self._vectors) @ self._weights
        return np.asarray(1 / (1 + np.exp(-STEEPNESS * (values - LEVEL))))


def solve(examples: Examples) -> NDArray[np.float64]:
    """The regression's weights, (example, category)."""
    labels = np.array(examples.labels)
    targets = np.stack([labels == category for category in examples.categories], axis=1).astype(np.float64)
    gram = kernel(examples.vectors, examples.vectors)
    return np.asarray(np.linalg.solve(gram + RIDGE * np.eye(len(gram)), targets))


def kernel(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float64]:
    """How alike unit vectors are, 1 for equal ones: (left, right)."""
    return np.asarray(np.exp((left.astype(np.float64) @ right.astype(np.float64).T - 1) / KERNEL_WIDTH**2))


def shorten(piece: str, letters: int = 80) -> str:
    """The beginning of a long piece."""
    return piece if len(piece) <= letters else piece[: letters - 1] + "…"


def _span(text: str, piece: str) -> tuple[int, int] | None:
    start = text.find(piece)
    return (start, start + len(piece)) if start >= 0 else None
