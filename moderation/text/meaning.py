"""What a text means: sentence embeddings compared with labelled examples.

Kernel ridge regressions over the vectors of config/moderation/sentences.toml, solved when the moderator loads (a
thousand examples: a tenth of a second). No training step stands between editing the examples and their effect.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from moderation.policy import Policy
from moderation.text.encoder import SentenceEncoder
from moderation.text.examples import HARMLESS, Examples, load_examples
from moderation.text.lexicon import Lexicon
from moderation.text.readings import AS_WRITTEN, LONGEST_RUN_TOGETHER, readings
from moderation.text.rules import WordList
from moderation.text.sentences import pieces
from moderation.verdicts import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

KERNEL_WIDTH = 0.6
RIDGE = 0.05
"""Both chosen on the two seen thirds of benchmarks/data/moderation_texts.jsonl; neighbouring values do as well."""

STEEPNESS = 3.5
LEVEL = 0.1
"""The regression's value (-1 harmless, 1 bad) that becomes the score 0.5; chosen like `RIDGE`."""

LEVEL_IF_HIDDEN = -0.15
"""The same for what only shows without a disguise: whoever hides a sentence has a reason, and its signs are lost."""

MOST_PIECES = 200
"""About a second on two cores. What comes after is not read, which is said, for a person to decide."""

TOO_LONG = 0.6
WORDS = re.compile(r"[^\W_]+")
ENDLESS = re.compile(rf"(?<!\S)(?!https?://)[!-~]{{{LONGEST_RUN_TOGETHER + 1}}}")
"""Latin letters and signs without a space, longer than any that are split into words, so that nobody has read them."""


class Meaning:
    """Scores a text by the sentence that is most like the examples of each category."""

    def __init__(self, encoder: SentenceEncoder, examples: Examples, lexicon: Lexicon) -> None:
        self.version = f"{SentenceEncoder.version}; examples {examples.version}"
        self.categories = examples.categories
        self._encoder = encoder
        self._lexicon = lexicon
        self._vectors = examples.vectors
        self._weights = solve(examples)

    @classmethod
    def load(cls, policy: Policy) -> Meaning:
        """The encoder, and the examples that the policy names under `options.meaning.sentences`.

        Raises:
            ModerationError: the model, the examples or the list of words cannot be used.
        """
        encoder = SentenceEncoder.load()
        name = str(policy.options.get("meaning", {}).get("sentences", "moderation/sentences.toml"))
        return cls(encoder, load_examples(policy.near(name), encoder), WordList.load(policy).lexicon())

    def examine(self, text: str, /) -> list[Finding]:
        """For each category one finding: the piece of `text`, in any of its readings, that is most like it."""
        parts, hidden = self._pieces(text)
        if not parts:
            return []
        scores = self.scores(parts[:MOST_PIECES], hidden[:MOST_PIECES])  # (piece, category)
        findings = []
        for column, category in enumerate(self.categories):
            piece = int(scores[:, column].argmax())
            reason = f"{category}: {shorten(parts[piece])!r} reads like it"
            findings.append(Finding(category, float(scores[piece, column]), reason, _span(text, parts[piece])))
        if len(parts) > MOST_PIECES or ENDLESS.search(text):
            reason = "too long to be read to its end; a person must read it"
            findings.append(Finding(self.categories[0], TOO_LONG, reason))
        return findings

    def _pieces(self, text: str) -> tuple[list[str], list[bool]]:
        """The pieces of all readings of `text`, and of each whether it was hidden."""
        found = dict.fromkeys(pieces(text), False)
        for reading in readings(text, self._lexicon):
            if reading.name != AS_WRITTEN:
                found = dict.fromkeys(pieces(reading.text), True) | found
            elif reading.text != " ".join(WORDS.findall(text.casefold())):
                found |= dict.fromkeys(pieces(reading.text), False)
        return list(found), list(found.values())

    def scores(self, sentences: list[str], hidden: list[bool]) -> NDArray[np.float64]:
        """Scores 0 to 1, (sentence, category).

        The first regression says whether a sentence is like the bad examples at all; the others share out its score.
        """
        values = kernel(self._encoder.encode(sentences), self._vectors) @ self._weights  # (sentence, 1 + category)
        levels = np.where(hidden, LEVEL_IF_HIDDEN, LEVEL)[:, None]
        bad = 1 / (1 + np.exp(-STEEPNESS * (values[:, :1] - levels)))
        likeness = np.maximum(values[:, 1:] + 1, 1e-6)  # a category's regression is -1 far from its examples
        return np.asarray(bad * likeness / likeness.max(axis=1, keepdims=True))


def solve(examples: Examples) -> NDArray[np.float64]:
    """The weights of the regressions, (example, 1 + category): bad or harmless, then each category or not."""
    labels = np.array(examples.labels)
    columns = [labels != HARMLESS, *(labels == category for category in examples.categories)]
    targets = np.stack(columns, axis=1) * 2.0 - 1.0
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
