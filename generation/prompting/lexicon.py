"""The lexicon folder: slang, emoji, things to draw, moods and common words, loaded together."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from generation.prompting.words.emojis import EmojiTable
from generation.prompting.words.languages import LanguageTables
from generation.prompting.words.nouns import NounTable
from generation.prompting.words.pictures import PictureTable
from generation.prompting.words.rows import WordList, read_words
from generation.prompting.words.slang import Slang
from generation.prompting.words.verbs import Verbs


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything the rules writer knows.

    `common` are words too common to be drawn or to be a topic, `unseen` those that are known to name nothing to draw.
    """

    slang: Slang
    emojis: EmojiTable
    pictures: PictureTable
    common: frozenset[str]
    languages: LanguageTables
    unseen: Container[str]

    @classmethod
    def load(cls, folder: Path | str) -> Lexicon:
        """Read the tables of a lexicon folder, such as `config/lexicon`.

        Raises:
            LexiconError: a table is missing or malformed; the message names the file and the line.
        """
        folder = Path(folder)
        emojis = EmojiTable.load(folder / "emoji.tsv")
        nouns = NounTable.load(folder / "nouns.tsv", folder / "kinds.tsv")
        pictures = PictureTable.load(folder / "pictures.tsv", folder / "moods.tsv", emojis, nouns)
        common = read_words(folder / "common.txt")
        languages = LanguageTables(folder / "languages", pictures)
        slang = Slang.load(folder / "slang.tsv", Verbs.load(folder / "verbs.tsv"))
        return cls(slang, emojis, pictures, common, languages, WordList(folder / "unseen.txt"))
