"""Finds the phrases of a table in a draft, whatever form their words have there.

"spill the beans" is also found in "she's spilling all the beans": a verb that a term has in its base form is met in any
form (`verbs.tsv`; the "cooked" of "we're cooked" only as that), an intensifier may stand inside a phrase of three words
or more, and two words of a term stand for others: `one's` for a possessive ("my", "the boss's") and `someone` for one
to three words in between ("him", "the whole team"). Possessives that a term writes out ("rack my brain") are read as
`one's` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from generation.prompting.words.verbs import Verbs

OWNER, WHOM = "one's", "someone"
_POSSESSIVES = frozenset({"my", "your", "ur", "yer", "his", "her", "our", "their", "its", "one's"})
_OBJECTS = {"my": "me", "his": "him", "her": "her", "our": "us", "their": "them", "your": "you", "ur": "you"}
_ONE = re.compile(r"\bone\b(?!')")
_NO_OWNERS = frozenset({"it's", "that's", "he's", "she's", "what's", "there's", "here's", "let's", "who's", "how's"})
_DETERMINERS = frozenset({"a", "an", "the", "this", "that", "these", "those", "every", *_POSSESSIVES})
_INTENSIFIERS = frozenset(
    (
        *("absolute", "absolutely", "actual", "actually", "all", "already", "always", "bloody", "both", "clearly"),
        *("complete", "completely", "damn", "darn", "definitely", "effing", "entire", "entirely", "even", "ever"),
        *("finally", "flipping", "freaking", "frickin", "fricking", "friggin", "fucking", "fully", "goddamn", "just"),
        *("literal", "literally", "little", "most", "never", "nearly", "own", "perfectly", "proper", "properly"),
        *("proverbial", "pure", "quite", "really", "right", "seriously", "so", "straight", "such", "too", "total"),
        *("totally", "very", "virtual", "virtually", "whole"),
    )
)
_LONGEST_WHOM = 3
_SHORTEST_WITH_INTENSIFIER = 3
_TERM = ""
"""The key of a trie's node under which the term that ends there is kept; no token is empty."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found: how many tokens it takes, the term it is, and which of them stand for `one's` and `someone`."""

    length: int
    words: Words
    owner: tuple[int, int] | None = None
    whom: tuple[int, int] | None = None

    def filled(self, meaning: str, texts: Sequence[str]) -> str:
        """A meaning with what the draft has for `one's`, `one` and `someone`; `texts` are the tokens of the match."""
        if self.owner:
            owner = " ".join(texts[slice(*self.owner)])
            meaning = _ONE.sub(_OBJECTS.get(owner.lower()) or owner.removesuffix("'s"), meaning.replace(OWNER, owner))
        if self.whom:
            meaning = meaning.replace(WHOM, " ".join(texts[slice(*self.whom)]))
        return meaning


class Phrases:
    """Terms of several words, as a trie for each first word."""

    def __init__(self, terms: Iterable[Words], verbs: Verbs) -> None:
        self._verbs = verbs
        self._terms: dict[str, list[Words]] = {}
        self._tries: dict[str, dict[str, Any]] = {}
        for words in terms:
            if len(words) > 1:
                self._terms.setdefault(_standing_for(words[0]), []).append(words)

    def matches(self, keys: Sequence[str], start: int) -> list[Match]:
        """The phrases that begin at `keys[start]`."""
        key = keys[start]
        path = _Path(owner=(0, 1)) if key in _POSSESSIVES else _Path()
        return [
            match
            for first in dict.fromkeys((_standing_for(key), self._verbs.base(key)))
            if first in self._terms
            for match in self._walk(self._trie(first), keys, start, start + 1, path)
        ]

    def _trie(self, first: str) -> dict[str, Any]:
        """The terms that begin with a word, after it; made when a draft first meets the word, since it meets few."""
        trie = self._tries.get(first)
        if trie is None:
            trie = self._tries[first] = {}
            for words in self._terms[first]:
                node = trie
                for word in words[1:]:
                    node = node.setdefault(_standing_for(word), {})
                node.setdefault(_TERM, words)
        return trie

    def _walk(
        self, node: Mapping[str, Any], keys: Sequence[str], start: int, place: int, path: _Path
    ) -> Iterator[Match]:
        term = node.get(_TERM)
        if term is not None and (not path.intensified or len(term) >= _SHORTEST_WITH_INTENSIFIER):
            yield Match(place - start, term, path.owner, path.whom)
        yield from self._steps(node, keys, start, place, path)

    def _steps(
        self, node: Mapping[str, Any], keys: Sequence[str], start: int, place: int, path: _Path
    ) -> Iterator[Match]:
        """The matches that go on from a node with the token at `place`."""
        if place == len(keys):
            return
        key, here = keys[place], place - start
        if key in _POSSESSIVES and OWNER in node:
            onward = replace(path, owner=(here, here + 1))
            yield from self._walk(node[OWNER], keys, start, place + 1, onward)
        for form in dict.fromkeys((key, self._verbs.base(key))):
            if form in node:
                yield from self._walk(node[form], keys, start, place + 1, path)
        end = _end_of_owner(keys, place) if OWNER in node else None
        if end:
            yield from self._walk(node[OWNER], keys, start, end, replace(path, owner=(here, end - start)))
        for end in _ends_of_whom(keys, place) if WHOM in node else ():
            yield from self._walk(node[WHOM], keys, start, end, replace(path, whom=(here, end - start)))
        if place > start and not path.intensified and key in _INTENSIFIERS:
            yield from self._steps(node, keys, start, place + 1, replace(path, intensified=True))


@dataclass(frozen=True, slots=True)
class _Path:
    """What was passed on the way to a node of the trie."""

    intensified: bool = False
    owner: tuple[int, int] | None = None
    whom: tuple[int, int] | None = None


def _standing_for(word: str) -> str:
    return OWNER if word in _POSSESSIVES else word


def _end_of_owner(keys: Sequence[str], place: int) -> int | None:
    """Where a possessive that begins at `place` and is more than a pronoun ends: "dave's", "the boss's"."""
    end = place + (keys[place] in _DETERMINERS)
    if end < len(keys) and keys[end].endswith(("'s", "s'")) and keys[end] not in _NO_OWNERS:
        return end + 1
    return None


def _ends_of_whom(keys: Sequence[str], place: int) -> Iterator[int]:
    """Where what stands for `someone` may end, the shortest first; signs and emoji are no one."""
    for end in range(place + 1, min(place + _LONGEST_WHOM, len(keys)) + 1):
        if not keys[end - 1].replace("'", "").isalnum():
            return
        yield end
