"""Reads the noun files of WordNet's database: senses by word, and what each sense is a kind of.

The format is WordNet's own (wndb(5WN), senseidx(5WN)). Only `nouns.py` beside it needs it, never a running bot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

NOUN = 1
"""The part of speech of a noun in WordNet's sense keys; 2 is a verb, 3 and 5 are adjectives, 4 is an adverb."""


@dataclass(frozen=True, slots=True)
class Synset:
    """The words of one meaning as they are spelt, and the meanings that it is a kind of."""

    words: tuple[str, ...]
    parents: tuple[str, ...]
    is_instance: bool


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of a word: its place among those of its part of speech, and how often texts were tagged with it."""

    part_of_speech: int
    number: int
    count: int
    synset: str


@dataclass(frozen=True, slots=True)
class WordNet:
    """The nouns of WordNet, and the senses of all its words. Build it with `read`."""

    synsets: Mapping[str, Synset]
    senses: Mapping[str, list[Sense]]

    @classmethod
    def read(cls, folder: Path) -> WordNet:
        """Read `data.noun` and `index.sense` of a database folder."""
        synsets = {}
        for line in _lines(folder / "data.noun"):
            fields = line.partition(" | ")[0].split()
            end = 4 + 2 * int(fields[3], 16)
            pointers = [tuple(fields[start : start + 4]) for start in range(end + 1, end + 1 + 4 * int(fields[end]), 4)]
            parents = tuple(offset for sign, offset, _, _ in pointers if sign in {"@", "@i"})
            is_instance = any(pointer[0] == "@i" for pointer in pointers)
            words = tuple(word.replace("_", " ") for word in fields[4:end:2])
            synsets[fields[0]] = Synset(words, parents, is_instance)
        senses: dict[str, list[Sense]] = defaultdict(list)
        for line in _lines(folder / "index.sense"):
            key, synset, number, count = line.split()
            lemma, _, rest = key.partition("%")
            senses[lemma.replace("_", " ")].append(Sense(int(rest[0]), int(number), int(count), synset))
        return cls(synsets, senses)

    def noun(self, name: str) -> str:
        """The synset of a noun's sense by name and number: "crane.4"."""
        word, _, number = name.rpartition(".")
        return next(s.synset for s in self.senses[word] if s.part_of_speech == NOUN and s.number == int(number))

    def kinds(self, synset: str) -> Iterator[frozenset[str]]:
        """The synset, what it is a kind of, what these are kinds of, and so on: the nearest first."""
        level = frozenset({synset})
        while level:
            yield level
            level = frozenset(parent for one in level for parent in self.synsets[one].parents)


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file but its licence, which WordNet indents."""
    with path.open(encoding="utf-8") as file:
        yield from (line for line in file if not line.startswith(" "))
