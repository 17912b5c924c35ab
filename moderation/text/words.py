"""A text as words, each with the place in the text that it came from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

APOSTROPHES = frozenset("'’‘ʼ＇`´")


@dataclass(frozen=True)
class Word:
    """A word in small letters without accents or apostrophes, and the `[start, end)` it takes up in the text."""

    letters: str
    start: int
    end: int


def words(characters: Iterable[tuple[str, int]]) -> Iterator[Word]:
    """The words among `characters`, which are pairs of a folded character and its place in the text."""
    letters: list[str] = []
    start = end = 0
    for character, place in characters:
        if character.isalnum():
            start = start if letters else place
            end = place + 1
            letters.append(character)
        elif letters and character not in APOSTROPHES:
            yield Word("".join(letters), start, end)
            letters = []
    if letters:
        yield Word("".join(letters), start, end)


def plain(text: str) -> Iterator[tuple[str, int]]:
    """The characters of `text` in small letters without accents (marks that spell, as in Hindi, are kept)."""
    for place, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", character.casefold()):
            if not is_accent(part):
                yield part.casefold(), place


def is_accent(character: str) -> bool:
    """Whether `character` is a mark on a letter of the Latin, Greek or Cyrillic script."""
    return unicodedata.category(character) == "Mn" and not "\u0590" <= character <= "\u1aaf"
