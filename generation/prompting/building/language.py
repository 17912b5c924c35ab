"""Builds `config/lexicon/languages/*.tsv`: words of other languages and what to draw for them,
from emojibase-data (MIT).

    npm pack emojibase-data@17.0.0     # and unpack it into a folder
    python -m generation.prompting.building.language EMOJIBASE config/lexicon
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

from generation.prompting.words.emojis import EmojiTable
from generation.prompting.words.language import is_stop_word
from generation.prompting.words.tokens import fold

LANGUAGES = ("es", "pt", "fr", "de", "hi", "ja")
HINT_MARK = "?"
SHARED_BY = 3
"""A keyword of more emoji than this ("animal", "food") says too little to choose one of them."""
_HEADER = """# Words and what to draw for them; ? marks a hint. Corrections belong into by_hand.tsv. Built by
# generation/prompting/building/language.py from emojibase-data 17.0.0 (MIT, (c) 2017-2019 Miles Johnson).
word\tpicture
"""
_SEPARATORS = re.compile(r"\s*[,:;、()]\s*")
_PEOPLE, _FLAGS = 1, 9
_LONGEST = 4
_SHORTEST = 3
_FIRST_NON_LATIN, _FIRST_KANJI = "\u0900", "\u3400"


def rows(emojibase: Path, language: str, emojis: EmojiTable) -> list[tuple[str, str]]:
    """Words with the picture each names best: emoji called so before those that carry it as a keyword."""
    entries = json.loads((emojibase / language / "compact.json").read_text(encoding="utf-8"))
    drawn = [entry for entry in entries if _is_thing(entry, emojis)]
    carried = Counter(word for entry in drawn for word in set(_words(entry.get("tags", ()))))
    found: dict[str, str] = {}
    for entry in drawn:
        for word in _words([entry["label"]]):
            found.setdefault(word, _picture(entry, emojis))
    for entry in drawn:
        for word in _words(entry.get("tags", ())):
            if carried[word] <= SHARED_BY or word in entry["label"].lower():
                found.setdefault(word, f"{HINT_MARK}{_picture(entry, emojis)}")
    return sorted(found.items())


def _is_thing(entry: dict[str, object], emojis: EmojiTable) -> bool:
    row = emojis.find(fold(str(entry["unicode"]), "emoji"))
    return row is not None and row.picture not in {"", "a clock"} and entry.get("group") not in {None, _PEOPLE, _FLAGS}


def _picture(entry: dict[str, object], emojis: EmojiTable) -> str:
    row = emojis.find(fold(str(entry["unicode"]), "emoji"))
    assert row is not None
    return row.picture


def _words(names: object) -> list[str]:
    pieces = [piece for name in names for piece in _SEPARATORS.split(str(name).lower())]  # type: ignore[attr-defined]
    return [piece for piece in pieces if _is_word(piece)]


def _is_word(piece: str) -> bool:
    """Letters only, few words, and not so short that it may be any little word; one Chinese character is a word."""
    if not piece.replace(" ", "").replace("-", "").replace("'", "").isalpha() and piece < _FIRST_NON_LATIN:
        return False
    if piece > _FIRST_KANJI:
        return bool(piece[0].isalpha())
    return len(piece) >= _SHORTEST and len(piece.split()) <= _LONGEST and not is_stop_word(piece)


def main(arguments: list[str]) -> int:
    """Write the tables; returns the exit status."""
    if len(arguments) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    emojibase, lexicon = map(Path, arguments)
    emojis = EmojiTable.load(lexicon / "emoji.tsv")
    (lexicon / "languages").mkdir(exist_ok=True)
    for language in LANGUAGES:
        lines = ["\t".join(row) for row in rows(emojibase, language, emojis)]
        (lexicon / "languages" / f"{language}.tsv").write_text(_HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
