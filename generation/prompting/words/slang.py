"""Slang and ambiguous words: terms with senses, and the context cues that decide between them.

A row of `slang.tsv` is one sense of one term. Rows of the same term are tried together: the sense whose cues fit the
context best wins, a sense without cues is taken when no other fits, and with neither the term is left as it stands.

Cues are comma-separated. `<is` must stand right before the term, `>beat` right after it, anything else within the
draft, and counts for more the nearer it stands. A cue may be an emoji. The meaning `=` keeps the term as written and
`-` leaves it out. In terms and meanings `one's` and `someone` stand for what the draft has there (see phrases.py).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.prompting.words.phrases import Match, Phrases, Words
from generation.prompting.words.rows import LexiconError, read_rows, split_list
from generation.prompting.words.tokens import fold, tokenize
from generation.prompting.words.verbs import Verbs

AS_WRITTEN = "="
LEFT_OUT = "-"
NO_PICTURE = "-"
KINDS = frozenset({"slang", "abbreviation", "contraction", "idiom", "filler", "sense", "emoji", "emoticon", "sarcasm"})
_COLUMNS = ("term", "kind", "meaning", "picture", "avoid", "when")

_BESIDE_POINTS = 6
_NEAR_POINTS = 2
_ANYWHERE_POINTS = 1
_NEAR_TOKENS = 5
_SHORTEST_PLURAL = 3
_PLACES_LOOKED_AT = 3


@dataclass(frozen=True, slots=True)
class Sense:
    """One reading of a term: what it means, what to draw for it, what not to draw, and when it applies."""

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


class Slang:
    """The senses of all terms, found by their words. Build it with `load`.

    Rows are kept as read, and made into senses when a draft first meets their term: a draft meets few of them.
    """

    def __init__(self, rows: Mapping[Words, Sequence[Sequence[str]]], oddities: tuple[str, ...], verbs: Verbs) -> None:
        self._rows = rows
        self._senses: dict[Words, tuple[Sense, ...]] = {}
        self._lengths = lengths_by_first(rows)
        self._verbs = verbs
        self._phrases = Phrases(rows, verbs)
        self.oddities = oddities

    @classmethod
    def load(cls, path: Path, verbs: Verbs) -> Slang:
        """Read `slang.tsv`; its phrases are found with the verbs in any form.

        Raises:
            LexiconError: a row is malformed.
        """
        rows: dict[Words, list[list[str]]] = {}
        oddities = set()
        for number, cells in read_rows(path, _COLUMNS):
            term, kind, meaning = cells[:3]
            if kind not in KINDS or not meaning:
                raise LexiconError(
                    f"{path} line {number}: {term!r} needs a meaning and one kind of {', '.join(sorted(KINDS))}."
                )
            words = term_words(term)
            rows.setdefault(words, []).append(cells)
            if len(words) == 1 and _is_oddity(words[0]):
                oddities.add(words[0])
        return cls(rows, tuple(sorted(oddities)), verbs)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, word: object) -> bool:
        return (word,) in self._rows

    def matches(self, keys: Sequence[str], start: int) -> list[Match]:
        """The terms that begin at `keys[start]`, the longest first; as the table writes them before other forms."""
        found = [
            Match(length, words)
            for length in self._lengths.get(keys[start], ())
            if (words := tuple(keys[start : start + length])) in self._rows
        ]
        found += self._phrases.matches(keys, start)
        base = self._verbs.base(keys[start])
        if (keys[start],) not in self._rows and any(self._is_verb(cells) for cells in self._rows.get((base,), ())):
            found.append(Match(1, (base,)))
        return sorted(found, key=lambda match: -match.length)

    def _is_verb(self, cells: Sequence[str]) -> bool:
        """Whether a row of one word takes it as a verb, so that its forms mean the same."""
        meaning = cells[_COLUMNS.index("meaning")]
        return meaning == AS_WRITTEN or self._verbs.base(meaning.split()[0]) == meaning.split()[0] in self._verbs.bases

    def meaning(self, sense: Sense, match: Match, texts: Sequence[str]) -> str:
        """What a match means, in the form and with the words that it has in the draft; `texts` are its tokens."""
        return self._verbs.bent_like(match.filled(sense.meaning, texts), fold(texts[0]), match.words[0])

    def may_mean_another(self, word: str) -> bool:
        """Whether a word that no cue speaks for may well be meant otherwise.

        A sense that only holds right beside certain words leaves no doubt where they are not.
        """
        senses = self.senses((word,))
        figurative = [sense for sense in senses if not sense.literal]
        return any(sense.near for sense in figurative) or (
            bool(figurative) and any(sense.literal and sense.has_cues for sense in senses)
        )

    def senses(self, words: tuple[str, ...]) -> tuple[Sense, ...]:
        """The senses of a term, in the order of the table."""
        found = self._senses.get(words)
        if found is None:
            found = self._senses[words] = tuple(_sense(cells) for cells in self._rows.get(words, ()))
        return found


class Context:
    """The words of a draft as the cues see them, with their places; built once for a draft."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(_loose(key) for key in keys)
        self._places: dict[str, list[int]] = {}
        for place, key in enumerate(self.keys):
            self._places.setdefault(key, []).append(place)

    def distance(self, words: tuple[str, ...], start: int, end: int) -> int | None:
        """Tokens between `keys[start:end]` and the nearest place of a cue around it; None where there is none."""
        places = self._places.get(words[0])
        if places is None:
            return None
        found = bisect_left(places, start)
        nearest: int | None = None
        # Three places on each side are enough: only the term itself and parts of longer cues are passed over.
        for place in places[max(0, found - _PLACES_LOOKED_AT) : found + end - start + _PLACES_LOOKED_AT]:
            if start <= place < end or self.keys[place : place + len(words)] != words:
                continue
            distance = start - (place + len(words) - 1) if place < start else place - end + 1
            nearest = distance if nearest is None else min(nearest, distance)
        return nearest


def choose(senses: Sequence[Sense], context: Context, start: int, end: int) -> Sense | None:
    """The sense of the term at `start:end` that its context speaks for; None leaves the term alone."""
    best, best_points = None, 0
    for sense in senses:
        if not sense.has_cues:
            if best is None:
                best = sense
            continue
        points = _points(sense, context, start, end)
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


def _loose(word: str) -> str:
    """A word without its plural ending, so that the cue `alarm` also meets `alarms`."""
    return word[:-1] if len(word) > _SHORTEST_PLURAL and word[-1] == "s" and word[-2] != "s" else word


def _is_oddity(word: str) -> bool:
    """Whether the tokenizer must be told of a term because it holds signs, as `w/o` and `:-)` do."""
    return not word.replace("'", "").isalnum() and any(token.kind != "emoji" for token in tokenize(word))


def _points(sense: Sense, context: Context, start: int, end: int) -> int:
    keys, points = context.keys, 0
    for words in sense.before:
        if start >= len(words) and keys[start - len(words) : start] == words:
            points += _BESIDE_POINTS
    for words in sense.after:
        if keys[end : end + len(words)] == words:
            points += _BESIDE_POINTS
    for words in sense.near:
        distance = context.distance(words, start, end)
        if distance is not None:
            points += _NEAR_POINTS if distance <= _NEAR_TOKENS else _ANYWHERE_POINTS
    return points


def _sense(cells: Sequence[str]) -> Sense:
    term, kind, meaning, picture, avoid, when = cells
    return Sense(term, kind, meaning, split_list(picture), split_list(avoid), *_cues(when))


def _cues(cell: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    sides: dict[str, list[tuple[str, ...]]] = {"<": [], ">": [], "": []}
    for cue in split_list(cell):
        side = cue[0] if cue[0] in "<>" else ""
        sides[side].append(tuple(_loose(word) for word in term_words(cue[len(side) :])))
    return tuple(sides["<"]), tuple(sides[">"]), tuple(sides[""])


def lengths_by_first(terms: Iterable[tuple[str, ...]]) -> dict[str, tuple[int, ...]]:
    """For each first word the lengths of the terms that begin with it, longest first."""
    lengths: dict[str, set[int]] = {}
    for words in terms:
        lengths.setdefault(words[0], set()).add(len(words))
    return {word: tuple(sorted(found, reverse=True)) for word, found in lengths.items()}
