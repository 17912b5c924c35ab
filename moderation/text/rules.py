"""Words and phrases that are looked for as such: config/moderation/words.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.errors import PolicyError
from moderation.lists import read_list
from moderation.policy import TEXT_CATEGORIES, Policy
from moderation.text.terms import Term, TermIndex, parse_term
from moderation.text.words import plain, words
from moderation.verdicts import Finding


@dataclass(frozen=True)
class Entry:
    """A term with what it means to find it."""

    category: str
    score: float


class RuleList:
    """Finds listed terms as whole words, whatever their disguise; exceptions (names, places, idioms) are no hit."""

    def __init__(self, version: str, entries: Mapping[Term, Entry], exceptions: Sequence[Term]) -> None:
        self.version = version
        self.categories = tuple(c for c in TEXT_CATEGORIES if any(entry.category == c for entry in entries.values()))
        self._entries = entries
        self._terms = TermIndex(entries)
        self._exceptions = TermIndex(exceptions)

    @classmethod
    def load(cls, policy: Policy) -> RuleList:
        """The list that the policy names under `options.rules.words`.

        Raises:
            PolicyError: the file is missing or holds something that is no term.
        """
        path = policy.path.parent / str(policy.options.get("rules", {}).get("words", "moderation/words.toml"))
        tables, digest = read_list(path)
        entries: dict[Term, Entry] = {}
        for table in tables.get("terms", []):
            entry = _entry(table, path)
            entries.update((_term(source, path), entry) for source in table["words"])
        exceptions = [_term(source, path) for source in tables.get("exceptions", [])]
        return cls(digest, entries, exceptions)

    def examine(self, text: str, /) -> list[Finding]:
        """One finding for each listed term in `text`."""
        found = tuple(words(plain(text)))
        row = [word.letters for word in found]
        excused = [(start, end) for _, start, end in self._exceptions.find(row)]
        findings = []
        for term, start, end in self._terms.find(row):
            if any(first <= start and end <= last for first, last in excused):
                continue
            entry = self._entries[term]
            span = (found[start].start, found[end - 1].end)
            reason = f"{entry.category}: {text[span[0] : span[1]]!r} is on the list of words"
            findings.append(Finding(entry.category, entry.score, reason, span))
        return findings


def _entry(table: Any, path: Path) -> Entry:
    match table:
        case {"category": str(category), "score": int() | float() as score, "words": list()}:
            if category in TEXT_CATEGORIES and 0 < score <= 1:
                return Entry(category, float(score))
    raise PolicyError(
        f"{path}: every [[terms]] needs a category ({', '.join(TEXT_CATEGORIES)}), "
        "a score above 0 and at most 1, and words."
    )


def _term(source: Any, path: Path) -> Term:
    try:
        return parse_term(str(source))
    except PolicyError as error:
        raise PolicyError(f"{path}: {error}.") from error
