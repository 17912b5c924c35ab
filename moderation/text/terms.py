"""Terms: the small pattern language of config/moderation/words.toml, and finding them in a row of words.

A term is one or more whole words in a row; `word*` takes any ending, `a|b` is either, `word?` may be left out, `~`
stands for up to three words of any kind. The search never goes back further than one term, so its time is linear in the
text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from moderation.errors import PolicyError

GAP = "~"
LONGEST_GAP = 3
LONGEST_TERM = 12
"""Words in one term; keeps the search for it short."""

ALTERNATIVE = re.compile(r"(?:[^\W_]|[\u0900-\u097f])+\*?")
"""Letters and digits, and the vowel signs of Hindi, which Python does not count as letters."""

SHORTEST_PREFIX = 2


@dataclass(frozen=True)
class Element:
    """One place of a term: the words and beginnings of words that fit, and whether it may be left out."""

    words: frozenset[str]
    prefixes: tuple[str, ...]
    optional: bool = False

    def fits(self, word: str) -> bool:
        """Whether `word` may stand here."""
        return word in self.words or word.startswith(self.prefixes)


@dataclass(frozen=True)
class Term:
    """A pattern over words; a `None` element is a gap."""

    source: str
    elements: tuple[Element | None, ...]

    def first_words(self) -> Iterator[str]:
        """The words and beginnings of words that a match can begin with."""
        first = self.elements[0]
        if first is not None:
            yield from (*first.words, *first.prefixes)

    def end(self, row: Sequence[str], start: int) -> int:
        """The index after the last word of the longest match that begins at `row[start]`, or -1."""
        return _end(self.elements, row, start)


def _end(elements: tuple[Element | None, ...], row: Sequence[str], at: int) -> int:
    if not elements:
        return at
    first, rest = elements[0], elements[1:]
    if first is None:
        return max(_end(rest, row, at + skipped) for skipped in range(LONGEST_GAP + 1))
    taken = _end(rest, row, at + 1) if at < len(row) and first.fits(row[at]) else -1
    return max(taken, _end(rest, row, at)) if first.optional else taken


def parse_term(source: str) -> Term:
    """Read a term.

    Raises:
        PolicyError: it is empty, too long, or not in the language described above.
    """
    elements = tuple(_parse_element(part, source) for part in source.split())
    if not elements or len(elements) > LONGEST_TERM:
        raise PolicyError(f"term {source!r}: 1 to {LONGEST_TERM} words are possible")
    if elements[0] is None or elements[0].optional or elements[-1] is None:
        raise PolicyError(f"term {source!r}: the first word must be a fixed one, and the last no `~`")
    return Term(source, elements)


def _parse_element(part: str, source: str) -> Element | None:
    if part == GAP:
        return None
    optional = part.endswith("?")
    alternatives = part.removesuffix("?").casefold().split("|")
    for alternative in alternatives:
        if not ALTERNATIVE.fullmatch(alternative) or 0 < alternative.find("*") < SHORTEST_PREFIX:
            raise PolicyError(f"term {source!r}: {part!r} is neither a word, `a|b`, `word*`, `word?` nor `~`")
    return Element(
        words=frozenset(word for word in alternatives if not word.endswith("*")),
        prefixes=tuple(word.removesuffix("*") for word in alternatives if word.endswith("*")),
        optional=optional,
    )


class TermIndex:
    """Finds many terms at once, by the first word of each."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._by_word: dict[str, list[Term]] = defaultdict(list)
        self._by_prefix: dict[str, list[Term]] = defaultdict(list)
        for term in terms:
            first = term.elements[0]
            assert first is not None
            for word in first.words:
                self._by_word[word].append(term)
            for prefix in first.prefixes:
                self._by_prefix[prefix].append(term)
        self._prefix_lengths = sorted({len(prefix) for prefix in self._by_prefix})

    def beginning_with(self, word: str) -> Iterable[Term]:
        """The terms whose first word can be `word`."""
        yield from self._by_word.get(word, ())
        for length in self._prefix_lengths:
            if length <= len(word):
                yield from self._by_prefix.get(word[:length], ())

    def find(self, row: Sequence[str]) -> Iterable[tuple[Term, int, int]]:
        """Every term in `row`, with the `[start, end)` of its words."""
        for start, word in enumerate(row):
            for term in self.beginning_with(word):
                end = term.end(row, start)
                if end > start:
                    yield term, start, end
