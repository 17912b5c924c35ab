"""A text as words, each with the place in the text that it came from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from moderation.text.lookalikes import emoji_letter

APOSTROPHES = frozenset("'’‘ʼ＇`´")
INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs that show nothing, besides Unicode's own format characters."""


@dataclass(frozen=True)
class Word:
    """A word in small letters without accents or apostrophes, and the `[start, end)` it takes up in the text."""

    letters: str
    start: int
    end: int


Characters = Iterable[tuple[str, int]]
"""Pairs of a folded character and its place in the text."""


def plain(text: str) -> Iterator[tuple[str, int]]:
    """The characters of `text` in small letters, without accents and without what nobody sees.

    Marks that spell, as in Hindi, are kept.
    """
    for place, character in enumerate(text):
        if character.isascii():
            yield character.lower(), place
            continue
        if letter := emoji_letter(character):
            yield letter, place
            continue
        for part in unicodedata.normalize("NFKD", character.casefold()):
            if not _unseen(part):
                yield part.casefold(), place


def _unseen(character: str) -> bool:
    category = unicodedata.category(character)
    if category in ("Cf", "Me") or character in INVISIBLE:
        return True
    return category == "Mn" and not "\u0590" <= character <= "\u1aaf"  # accents; other scripts spell with marks


def words(characters: Characters) -> Iterator[Word]:
    """Runs of letters, digits and marks (an apostrophe ends none) among `characters`, which may run backwards."""
    letters: list[str] = []
    places: list[int] = []
    for character, place in characters:
        if character.isalnum() or (letters and unicodedata.category(character)[0] == "M"):
            letters.append(character)
            places.append(place)
        elif letters and character not in APOSTROPHES:
            yield Word("".join(letters), min(places), max(places) + 1)
            letters, places = [], []
    if letters:
        yield Word("".join(letters), min(places), max(places) + 1)


def chunks(characters: Characters) -> Iterator[list[tuple[str, int]]]:
    """`characters` between white space."""
    chunk: list[tuple[str, int]] = []
    for character, place in characters:
        if not character.isspace():
            chunk.append((character, place))
        elif chunk:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
