"""Slang and ambiguous words: terms with senses, and the context cues that decide between them.

A row of `slang.tsv` is one sense of one term. Rows of the same term are tried together: the sense whose cues fit the context best
wins, a sense without cues is taken when no other fits, and with neither the term is left as it stands.

Cues are comma-separated. `<is` must stand right before the term, `>beat` right after it, anything else within the draft, and counts
for more the nearer it stands. A cue may be an emoji. The meaning `=` keeps the term as written and `-` leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.prompting.tables import LexiconError, read_rows, split_list
from generation.prompting.tokens import fold, tokenize

AS_WRITTEN = "="
LEFT_OUT = "-"
NO_PICTURE = "-"
KINDS = frozenset({"slang", "abbreviation", "contraction", "idiom", "filler", "sense", "emoji", "emoticon", "sarcasm"})
_COLUMNS = ("term", "kind", "meaning", "picture", "avoid", "when")

_BESIDE_POINTS = 6
_NEAR_POINTS = 2
_ANYWHERE_POINTS = 1
_NEAR_TOKENS = 5


@dataclass(frozen=True, slots=True)
class Sense:
    """One reading of a term: what it means, what to draw for it, which literal pictures to avoid, and when it applies."""

    term: str
    kind: str
    meaning: str
    pictures: tuple[str, ...]
    avoid: tuple[str, ...]
    before: tuple[tuple[str, ...], ...]
    after: tuple[tuple[str, ...], ...]
    near: tuple[tuple[str, ...], ...]

    @property
    def has_cues(self) -> bool:
        """Whether the sense needs its context to say so."""
        return bool(self.before or self.after or self.near)

    @property
    def literal(self) -> bool:
        """Whether the term is kept as written."""
        return self.meaning == AS_WRITTEN


@dataclass(frozen=True, slots=True)
class Slang:
    """The senses of all terms, found by their words. Build it with `load`."""

    senses: Mapping[tuple[str, ...], tuple[Sense, ...]]
    lengths: Mapping[str, tuple[int, ...]]
    oddities: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> Slang:
        """Read `slang.tsv`.

        Raises:
            LexiconError: a row is malformed.
        """
        senses: dict[tuple[str, ...], list[Sense]] = {}
        oddities = []
        for number, (term, kind, meaning, picture, avoid, when) in read_rows(path, _COLUMNS):
            if kind not in KINDS or not meaning:
                raise LexiconError(
                    f"{path} line {number}: {term!r} needs a meaning and one kind of {', '.join(sorted(KINDS))}."
                )
            words = term_words(term)
            if len(words) == 1 and _is_oddity(words[0]):
                oddities.append(words[0])
            sense = Sense(term, kind, meaning, split_list(picture), split_list(avoid), *_cues(when))
            senses.setdefault(words, []).append(sense)
        return cls(
            {words: tuple(found) for words, found in senses.items()}, _lengths(senses), tuple(sorted(set(oddities)))
        )

    def longest(self, keys: Sequence[str], start: int) -> tuple[int, tuple[Sense, ...]] | None:
        """The longest term that begins at `keys[start]`: its number of tokens and its senses."""
        for length in self.lengths.get(keys[start], ()):
            found = self.senses.get(tuple(keys[start : start + length]))
            if found:
                return length, found
        return None

    def __contains__(self, word: object) -> bool:
        return (word,) in self.senses


def choose(senses: Sequence[Sense], keys: Sequence[str], start: int, end: int) -> Sense | None:
    """The sense of the term at `keys[start:end]` that its context speaks for; None leaves the term alone."""
    best, best_points = None, 0
    for sense in senses:
        if not sense.has_cues:
            if best is None:
                best = sense
            continue
        points = _points(sense, keys, start, end)
        if points > best_points:
            best, best_points = sense, points
    return best


def term_words(term: str) -> tuple[str, ...]:
    """The look-up keys of a term: one a word, or the whole term where it holds signs, as `w/o` does."""
    term = fold(term)
    if " " not in term and not term.replace("'", "").replace("-", "").isalnum():
        emoji = [token.key for token in tokenize(term)]
        return tuple(emoji) if all(token.kind == "emoji" for token in tokenize(term)) else (term,)
    return tuple(word for word in term.replace("-", " ").split() if word)


def _is_oddity(word: str) -> bool:
    """Whether the tokenizer must be told of a term because it holds signs, as `w/o` and `:-)` do."""
    return not word.replace("'", "").isalnum() and any(token.kind != "emoji" for token in tokenize(word))


def _points(sense: Sense, keys: Sequence[str], start: int, end: int) -> int:
    points = 0
    for words in sense.before:
        if start >= len(words) and tuple(keys[start - len(words) : start]) == words:
            points += _BESIDE_POINTS
    for words in sense.after:
        if tuple(keys[end : end + len(words)]) == words:
            points += _BESIDE_POINTS
    for words in sense.near:
        distance = _distance(words, keys, start, end)
        if distance is not None:
            points += _NEAR_POINTS if distance <= _NEAR_TOKENS else _ANYWHERE_POINTS
    return points


def _distance(words: tuple[str, ...], keys: Sequence[str], start: int, end: int) -> int | None:
    """Tokens between the term and the nearest place of the cue outside of it; None where it is nowhere."""
    size = len(words)
    nearest: int | None = None
    for place, key in enumerate(keys):
        if key != words[0] or (start <= place < end) or (size > 1 and tuple(keys[place : place + size]) != words):
            continue
        distance = start - (place + size - 1) if place < start else place - end + 1
        nearest = distance if nearest is None else min(nearest, distance)
    return nearest


def _cues(cell: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    sides: dict[str, list[tuple[str, ...]]] = {"<": [], ">": [], "": []}
    for cue in split_list(cell):
        side = cue[0] if cue[0] in "<>" else ""
        sides[side].append(term_words(cue[len(side) :]))
    return tuple(sides["<"]), tuple(sides[">"]), tuple(sides[""])


def _lengths(terms: Iterable[tuple[str, ...]]) -> dict[str, tuple[int, ...]]:
    """For each first word the lengths of the terms that begin with it, longest first."""
    lengths: dict[str, set[int]] = {}
    for words in terms:
        lengths.setdefault(words[0], set()).add(len(words))
    return {word: tuple(sorted(found, reverse=True)) for word, found in lengths.items()}
