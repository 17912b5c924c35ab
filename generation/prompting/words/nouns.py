"""Plain nouns of visible things, for what the hand-made tables do not name; drawn in the words of the draft.

A row of `nouns.tsv` holds a group, the article of its nouns (`a`, or `-` for what is not counted) and the nouns; `?`
marks one that may well mean something else, which only hints at the thing. Two nouns side by side are one thing, of the
second's kind: "a lemon tart". `kinds.tsv` tells which nouns are a kind of what the hand-made tables draw for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generation.prompting.words.inflection import base_forms
from generation.prompting.words.rows import LexiconError, read_rows

COLUMNS, KIND_COLUMNS = ("group", "article", "words"), ("kind", "words")
COUNTED, UNCOUNTED = "a", "-"
HINT_MARK, SAME_MARK = "?", "="


@dataclass(frozen=True, slots=True)
class Noun:
    """What the table says of a noun."""

    group: str
    counted: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class NounFound:
    """A noun of the draft: how many words it takes, its singular, its phrase as written, its group, whether it is sure,
    and of two nouns side by side the second."""

    length: int
    name: str
    phrase: str
    group: str
    sure: bool
    head: str = ""


@dataclass(frozen=True, slots=True)
class NounTable:
    """Nouns of visible things, compounds of two words among them. Build it with `load`."""

    by_name: Mapping[str, Noun]
    kinds: frozenset[tuple[str, str]]
    same: frozenset[tuple[str, str]]

    @classmethod
    def load(cls, path: Path, kinds: Path) -> NounTable:
        """Read `nouns.tsv` and `kinds.tsv`.

        Raises:
            LexiconError: a row is malformed.
        """
        by_name: dict[str, Noun] = {}
        for number, (group, article, words) in read_rows(path, COLUMNS):
            if article not in {COUNTED, UNCOUNTED} or not words:
                raise LexiconError(
                    f"{path} line {number}: a row needs the article {COUNTED} or {UNCOUNTED}, and words."
                )
            sure, hint = (Noun(group, article == COUNTED, sure) for sure in (True, False))
            names = words.split(", ")
            if HINT_MARK in words:
                by_name |= {name[1:]: hint for name in names if name[0] == HINT_MARK}
                names = [name for name in names if name[0] != HINT_MARK]
            by_name |= dict.fromkeys(names, sure)
        pairs = [(word, kind) for _, (kind, words) in read_rows(kinds, KIND_COLUMNS) for word in words.split(", ")]
        same = frozenset((word[1:], kind) for word, kind in pairs if word[0] == SAME_MARK)
        return cls(by_name, frozenset(pairs), same)

    def longest(self, words: Sequence[str], start: int) -> NounFound | None:
        """The noun that begins at `words[start]`: a compound of two words, or one word."""
        first = words[start]
        for second in words[start + 1 : start + 2]:
            for last in base_forms(second):
                if noun := self.by_name.get(f"{first} {last}"):
                    return _found(noun, f"{first} {last}", f"{first} {second}")
        for name in base_forms(first):
            if noun := self.by_name.get(name):
                return _found(noun, name, first)
        return None

    def pair(self, words: Sequence[str], start: int) -> NounFound | None:
        """Two nouns side by side as one thing, of which at least one surely is a thing: "a lemon tart"."""
        first = words[start]
        modifier = self.by_name.get(first)
        if modifier is None or modifier.group == "person" or first.endswith("ing"):
            return None
        for second in words[start + 1 : start + 2]:
            for last in base_forms(second):
                head = self.by_name.get(last)
                if head and first != last and (modifier.sure or head.sure):
                    noun = Noun(head.group, head.counted, True)
                    return replace(_found(noun, f"{first} {last}", f"{first} {second}"), head=last)
        return None


def _found(noun: Noun, name: str, written: str) -> NounFound:
    written = written.removesuffix("'s").removesuffix("'")
    is_plural = written != name
    phrase = with_article(written) if noun.counted and not is_plural else written
    return NounFound(len(name.split()), name, phrase, noun.group, noun.sure)


_PREPOSITIONS = frozenset({"with", "on", "in", "over", "from", "at", "behind"})


def head_of(phrase: str) -> str:
    """The main noun of a phrase: the last word before its first preposition."""
    words = phrase.split()
    end = next((place for place, word in enumerate(words) if word in _PREPOSITIONS and place), len(words))
    return words[end - 1]


def with_head(phrase: str, head: str) -> str:
    """A phrase with another main noun, its article sounding right."""
    changed = phrase.replace(head_of(phrase), head)
    return with_article(bare(changed)) if phrase.startswith(("a ", "an ")) else changed


_VOWELS = tuple("aeiou")
_SOUND_CONSONANT = ("eu", "ewe", "one", "uni", "use", "uku", "ut")
_SOUND_VOWEL = ("hour", "heir", "honest", "hono", "x-ray")


def with_article(phrase: str) -> str:
    """A phrase with the article that its sound asks for: "an oat", "a ukulele", "an hourglass"."""
    if phrase.startswith(_SOUND_CONSONANT) and not phrase.startswith("unin"):
        return f"a {phrase}"
    return f"{'an' if phrase.startswith((*_VOWELS, *_SOUND_VOWEL)) else 'a'} {phrase}"


def as_thing(word: str) -> str:
    """A noun of which nothing is known: with an article, unless it looks like a plural."""
    return word if word.endswith("s") else with_article(word)


def bare(phrase: str) -> str:
    """A phrase without its article."""
    first, _, rest = phrase.partition(" ")
    return rest if first in {"a", "an", "the"} and rest else phrase
