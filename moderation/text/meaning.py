"""What a text means: sentence embeddings compared with the labelled examples of config/moderation/sentences.toml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from moderation.policy import Policy
from moderation.text.encoder import SentenceEncoder
from moderation.text.examples import Examples, Stored
from moderation.text.readings import LONGEST_RUN_TOGETHER, readings
from moderation.text.regression import Regression
from moderation.text.rules import RuleList
from moderation.text.sentences import pieces
from moderation.text.words import APOSTROPHES, plain, words
from moderation.verdicts import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEEPNESS = 3.5
LEVEL = 0.07
"""The regression's value (-1 harmless, 1 bad) that becomes the score 0.5: where 92% of the harmless examples pass in
cross-validation (benchmarks/meaning.py)."""

LEVEL_OF_FRAGMENT = 0.4
"""The same for a sentence among others: alone it lacks what they say of it ("He told me that women can't code.")."""

LEVEL_IF_HIDDEN = -0.15
"""The same for what only shows without a disguise: whoever hides a sentence has a reason, and its signs are lost. Where
only some of its words were hidden, the level lies between."""

AMBIGUOUS = 0.5
"""By how much the level falls for a sentence with an ambiguous word: it passes only if it reads clearly harmless."""

MOST_PIECES = 200
"""About a second on two cores. What comes after is not read, which is said, for a person to decide."""

TOO_LONG = 0.6

LONGEST_QUOTE = 80
"""Letters of a piece that its finding repeats."""

WORDS = re.compile(r"[^\W_]+")
ENDLESS = re.compile(rf"(?<!\S)(?!https?://)[!-~]{{{LONGEST_RUN_TOGETHER + 1}}}")
"""Latin letters and signs without a space, longer than any that are split into words, so that nobody has read them."""


class Meaning:
    """Scores a text by the sentence that is most like the examples of each category."""

    def __init__(self, encoder: SentenceEncoder, examples: Examples, regression: Regression, rules: RuleList) -> None:
        self.version = f"{SentenceEncoder.version}; examples {examples.version}"
        self.categories = examples.categories
        self._encoder = encoder
        self._regression = regression
        self._rules = rules

    @classmethod
    def load(cls, policy: Policy) -> Meaning:
        """The encoder, and the examples that the policy names under `options.meaning.sentences`.

        Raises:
            ModerationError: the model, the examples or the list of words cannot be used.
        """
        encoder = SentenceEncoder.load()
        path = policy.near(str(policy.options.get("meaning", {}).get("sentences", "moderation/sentences.toml")))
        examples = Examples.read(path)
        regression = examples.regression(encoder, Stored.read(path))
        return cls(encoder, examples, regression, RuleList.load(policy))

    def examine(self, text: str, /) -> list[Finding]:
        """For each category one finding: the piece of `text`, in any of its readings, that is most like it."""
        found = self._pieces(text)
        if not found:
            return []
        parts = list(found)
        scores = self.scores(parts[:MOST_PIECES], list(found.values())[:MOST_PIECES])  # (piece, category)
        findings = []
        for column, category in enumerate(self.categories):
            piece = int(scores[:, column].argmax())
            reason = f"{category}: {shorten(parts[piece])!r} reads like it"
            findings.append(Finding(category, float(scores[piece, column]), reason, _span(text, parts[piece])))
        if len(parts) > MOST_PIECES or ENDLESS.search(text):
            reason = "too long to be read to its end; a person must read it"
            findings.append(Finding(self.categories[0], TOO_LONG, reason))
        return findings

    def _pieces(self, text: str) -> dict[str, float]:
        """The pieces of all readings of `text`, and for each the level from which on it counts as bad."""
        whole = " ".join(text.split())
        found = {piece: LEVEL if piece == whole else LEVEL_OF_FRAGMENT for piece in pieces(text)}
        as_written, *further = readings(text, self._rules.lexicon)
        if as_written.text != _in_small_letters(text):
            found |= dict.fromkeys(pieces(as_written.text), LEVEL)
        known = set(_letters(text))
        for reading in further:
            found = {piece: _level_if_hidden(piece, known) for piece in pieces(reading.text)} | found
        return {piece: level - AMBIGUOUS * self._rules.is_ambiguous(_letters(piece)) for piece, level in found.items()}

    def scores(self, sentences: list[str], levels: list[float]) -> NDArray[np.float64]:
        """Scores 0 to 1, (sentence, category).

        The first regression says whether a sentence is like the bad examples at all; the others share out its score.
        """
        values = self._regression.values(self._encoder.profiles(sentences), sentences)  # (sentence, 1 + category)
        bad = 1 / (1 + np.exp(-STEEPNESS * (values[:, :1] - np.array(levels)[:, None])))
        likeness = np.maximum(values[:, 1:] + 1, 1e-6)  # a category's regression is -1 far from its examples
        return np.asarray(bad * likeness / likeness.max(axis=1, keepdims=True))


def _letters(text: str) -> list[str]:
    """The words of `text` as it is written."""
    return [word.letters for word in words(plain(text))]


def _level_if_hidden(piece: str, known: set[str]) -> float:
    """The level of a piece of which only some words, the `known` ones, can be read without undoing a disguise."""
    letters = piece.split()
    hidden = sum(word not in known for word in letters) / len(letters)
    return LEVEL + hidden * (LEVEL_IF_HIDDEN - LEVEL)


def _in_small_letters(text: str) -> str:
    """The words of `text` as a reading has them, if nothing in it is disguised."""
    return " ".join(WORDS.findall("".join(letter for letter in text.casefold() if letter not in APOSTROPHES)))


def shorten(piece: str) -> str:
    """The beginning of a long piece."""
    return piece if len(piece) <= LONGEST_QUOTE else piece[: LONGEST_QUOTE - 1] + "…"


def _span(text: str, piece: str) -> tuple[int, int] | None:
    start = text.find(piece)
    return (start, start + len(piece)) if start >= 0 else None
