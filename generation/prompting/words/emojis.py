"""What each emoji is called, what it shows, and which words name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generation.prompting.words.rows import read_rows, split_list
from generation.prompting.words.tokens import fold

_COLUMNS = ("emoji", "name", "picture", "words", "shortcodes")


@dataclass(frozen=True, slots=True)
class EmojiRow:
    """One emoji: its name, the picture it stands for (empty for faces and signs) and words for it."""

    emoji: str
    name: str
    picture: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EmojiTable:
    """All emoji by their folded form. Build it with `load`."""

    rows: Mapping[str, EmojiRow]
    shortcodes: Mapping[str, str]

    @classmethod
    def load(cls, path: Path) -> EmojiTable:
        """Read `emoji.tsv`.

        Raises:
            LexiconError: a row is malformed.
        """
        rows, shortcodes = {}, {}
        for _, (emoji, name, picture, words, codes) in read_rows(path, _COLUMNS):
            rows[fold(emoji, "emoji")] = EmojiRow(emoji, name, picture, split_list(words))
            for code in split_list(codes):
                shortcodes[code] = emoji
        return cls(rows, shortcodes)

    def find(self, key: str) -> EmojiRow | None:
        """The row of an emoji in folded form; a sequence that is not known is read as its first known part."""
        row = self.rows.get(key)
        if row is None and "\u200d" in key:
            return next((self.rows[part] for part in key.split("\u200d") if part in self.rows), None)
        if row is None and len(key) == 2 and "\U0001f1e6" <= key[0] <= "\U0001f1ff":
            return EmojiRow(key, "flag", "", ())
        return row
