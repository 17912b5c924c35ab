"""Words of other languages and what to draw for them; one table a language, read when a draft first needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.prompting.words.language import is_stop_word
from generation.prompting.words.picture import HINT_WEIGHT, NAMED_WEIGHT, Picture
from generation.prompting.words.pictures import PictureTable
from generation.prompting.words.rows import read_rows
from generation.prompting.words.slang import lengths_by_first

ENGLISH = frozenset({"en", "und"})
"""Languages that are read with the English tables; of "und" nothing better is known."""
NAMES = {
    "ar": "Arabic", "bn": "Bengali", "de": "German", "el": "Greek", "es": "Spanish", "fr": "French", "he": "Hebrew",
    "hi": "Hindi", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pt": "Portuguese",
    "ru": "Russian", "ta": "Tamil", "th": "Thai", "zh": "Chinese",
}  # fmt: skip
_UNSPACED = frozenset({"ja", "zh", "th"})
_HINT_MARK = "?"
_ENDINGS = ("s", "es", "n", "en", "e", "er")
_SHORTEST_STEM = 3
_LONGEST_PIECE = 8
_SHORTEST_ENGLISH = 4
_FOREIGN_FACTOR = 0.8
"""An English word inside a draft of another language may be another word there."""


@dataclass(frozen=True, slots=True)
class LanguageTable:
    """The words of one language."""

    language: str
    by_words: Mapping[tuple[str, ...], Picture]
    lengths: Mapping[str, tuple[int, ...]]
    english: PictureTable

    def longest(self, words: Sequence[str], start: int) -> tuple[int, Picture] | None:
        """The longest run of words from `start` that names a picture, in this language before English."""
        for first in _forms(words[start]):
            for length in self.lengths.get(first, ()):
                found = self.by_words.get((first, *words[start + 1 : start + length]))
                if found:
                    return length, found
        word = words[start]
        if len(word) < _SHORTEST_ENGLISH or is_stop_word(word):
            return None
        loan = self.english.longest(words, start)
        if loan is None or loan[1].weight < NAMED_WEIGHT:
            return None
        length, picture = loan
        return length, Picture(picture.phrase, picture.weight * _FOREIGN_FACTOR, picture.group)

    def pieces(self, word: str) -> list[str]:
        """The known words inside a run of a script that leaves no spaces, in order; other words as they are."""
        if self.language not in _UNSPACED or word.isascii():
            return [word]
        found, place = [], 0
        while place < len(word):
            for length in range(min(_LONGEST_PIECE, len(word) - place), 0, -1):
                piece = word[place : place + length]
                if (piece,) in self.by_words:
                    found.append(piece)
                    place += length
                    break
            else:
                place += 1
        return found


class LanguageTables:
    """The tables of `config/lexicon/languages`, each read once."""

    def __init__(self, folder: Path, english: PictureTable) -> None:
        self._folder = folder
        self._english = english
        self._tables: dict[str, LanguageTable] = {}

    def table(self, language: str) -> LanguageTable:
        """The table of a language; empty but for English loan words where none is kept.

        Raises:
            LexiconError: the language's table is malformed.
        """
        if language not in self._tables:
            by_words: dict[tuple[str, ...], Picture] = {}
            if (by_hand := self._folder / "by_hand.tsv").exists():
                for _, (row_language, word, picture) in read_rows(by_hand, ("language", "word", "picture")):
                    if row_language == language:
                        by_words[tuple(word.split())] = self._picture(picture)
            if (built := self._folder / f"{language}.tsv").exists():
                for _, (word, picture) in read_rows(built, ("word", "picture")):
                    by_words.setdefault(tuple(word.split()), self._picture(picture))
            self._tables[language] = LanguageTable(language, by_words, lengths_by_first(by_words), self._english)
        return self._tables[language]

    def _picture(self, cell: str) -> Picture:
        weight = HINT_WEIGHT if cell.startswith(_HINT_MARK) else NAMED_WEIGHT
        return Picture(cell.removeprefix(_HINT_MARK), weight, "object")


def _forms(word: str) -> list[str]:
    """The word, then what it may be an inflection of."""
    return [word] + [
        word[: -len(ending)]
        for ending in _ENDINGS
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM
    ]
