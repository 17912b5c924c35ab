"""The lexicon folder: slang, emoji, things to draw, moods and common words, loaded together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generation.prompting.emojis import EmojiTable
from generation.prompting.languages import LanguageTables
from generation.prompting.pictures import PictureTable
from generation.prompting.slang import Slang
from generation.prompting.tables import LexiconError
from generation.prompting.verbs import Verbs


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything the rules writer knows. `common` are words too common to be drawn or to be a topic."""

    slang: Slang
    emojis: EmojiTable
    pictures: PictureTable
    common: frozenset[str]
    languages: LanguageTables

    @classmethod
    def load(cls, folder: Path | str) -> Lexicon:
        """Read the tables of a lexicon folder, such as `config/lexicon`.

        Raises:
            LexiconError: a table is missing or malformed; the message names the file and the line.
        """
        folder = Path(folder)
        emojis = EmojiTable.load(folder / "emoji.tsv")
        pictures = PictureTable.load(folder / "pictures.tsv", folder / "moods.tsv", emojis)
        common = _common_words(folder / "common.txt")
        languages = LanguageTables(folder / "languages", pictures)
        slang = Slang.load(folder / "slang.tsv", Verbs.load(folder / "verbs.tsv"))
        return cls(slang, emojis, pictures, common, languages)


def _common_words(path: Path) -> frozenset[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path} cannot be read: {error}.") from error
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
