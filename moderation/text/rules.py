"""Words and phrases that are looked for as such: config/moderation/words.toml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.errors import PolicyError
from moderation.lists import read_list
from moderation.policy import TEXT_CATEGORIES, Policy
from moderation.text.lexicon import Lexicon
from moderation.text.readings import AS_WRITTEN, GUESSED, Reading, readings
from moderation.text.terms import Term, TermIndex, parse_term
from moderation.verdicts import Finding

DISGUISED = 0.85
"""The highest score of a word found in disguise: undoing one is a guess, so it stops nothing by itself."""


@dataclass(frozen=True)
class Entry:
    """A term with what it means to find it.

    Attributes:
        category: what it is a sign of.
        score: how sure a sign.
        ambiguous: whether it is harmless in other company ("our bitch won best in show"); only a hint for `meaning`.
    """

    category: str
    score: float
    ambiguous: bool = False


@dataclass(frozen=True)
class WordList:
    """The content of config/moderation/words.toml.

    Attributes:
        version: changes with the file.
        entries: what is looked for.
        exceptions: terms within which nothing counts as found.
        often_masked: words that a masked one (s*x) is first taken for.
    """

    version: str
    entries: Mapping[Term, Entry]
    exceptions: tuple[Term, ...]
    often_masked: tuple[str, ...] = ()

    @classmethod
    def load(cls, policy: Policy) -> WordList:
        """The list that the policy names under `options.rules.words`.

        Raises:
            PolicyError: the file is missing or holds something that is no term.
        """
        path = policy.near(str(policy.options.get("rules", {}).get("words", "moderation/words.toml")))
        tables, digest = read_list(path)
        entries: dict[Term, Entry] = {}
        for table in tables.get("terms", []):
            entry = _entry(table, path)
            entries.update((_term(source, path), entry) for source in table["words"])
        exceptions = tuple(_term(source, path) for source in tables.get("exceptions", []))
        return cls(digest, entries, exceptions, tuple(map(str, tables.get("often_masked", []))))

    def lexicon(self) -> Lexicon:
        """Known words, the single ones of this list among them."""
        single = (word for term in self.entries if len(term.elements) == 1 for word in term.first_words())
        return Lexicon(single, self.often_masked)


class RuleList:
    """Finds listed terms as whole words, whatever their disguise; exceptions (names, places, idioms) are no hit."""

    def __init__(self, listed: WordList) -> None:
        found = {entry.category for entry in listed.entries.values()}
        self.version = listed.version
        self.categories = tuple(category for category in TEXT_CATEGORIES if category in found)
        self.lexicon = listed.lexicon()
        self._entries = listed.entries
        self._terms = TermIndex(listed.entries)
        self._exceptions = TermIndex(listed.exceptions)

    @classmethod
    def load(cls, policy: Policy) -> RuleList:
        """The list that the policy names.

        Raises:
            PolicyError: the list cannot be used.
        """
        return cls(WordList.load(policy))

    def examine(self, text: str, /) -> list[Finding]:
        """One finding for each listed term in each reading of `text`."""
        found = [
            self._examine(reading, text) for reading in readings(text, self.lexicon) if reading.name not in GUESSED
        ]
        return [finding for findings in found for finding in findings]

    def is_ambiguous(self, row: Sequence[str]) -> bool:
        """Whether `row`, words in small letters, holds a word that may be bad or harmless."""
        return any(entry.ambiguous for entry, _, _ in self._found(row))

    def _found(self, row: Sequence[str]) -> Iterator[tuple[Entry, int, int]]:
        """The terms in `row` that no exception excuses, with the `[start, end)` of their words."""
        excused = [(start, end) for _, start, end in self._exceptions.find(row)]
        for term, start, end in self._terms.find(row):
            if not any(first <= start and end <= last for first, last in excused):
                yield self._entries[term], start, end

    def _examine(self, reading: Reading, text: str) -> Iterator[Finding]:
        for entry, start, end in self._found([word.letters for word in reading.words]):
            places = reading.words[start:end]
            span = (min(word.start for word in places), max(word.end for word in places))
            quoted = text[span[0] : span[1]]
            if reading.name == AS_WRITTEN:
                yield Finding(
                    entry.category, entry.score, f"{entry.category}: {quoted!r} is on the list of words", span
                )
            else:
                reason = f"{entry.category}: {quoted!r}, read {reading.name}, is on the list of words"
                yield Finding(entry.category, min(entry.score, DISGUISED), reason, span)


def _entry(table: Any, path: Path) -> Entry:
    match table:
        case {"category": str(category), "score": int() | float() as score, "words": list()}:
            ambiguous = table.get("ambiguous", False)
            if category in TEXT_CATEGORIES and 0 < score <= 1 and isinstance(ambiguous, bool):
                return Entry(category, float(score), ambiguous)
    raise PolicyError(
        f"{path}: every [[terms]] needs a category ({', '.join(TEXT_CATEGORIES)}), "
        "a score above 0 and at most 1, and words; `ambiguous` is true or false."
    )


def _term(source: Any, path: Path) -> Term:
    try:
        return parse_term(str(source))
    except PolicyError as error:
        raise PolicyError(f"{path}: {error}.") from error
