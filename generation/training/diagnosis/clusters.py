"""Kinds of captions that a DALL-E Mini is weak in, by the rules writer's own tables and lists of telling words.

The five kinds are those that write-ups of DALL-E Mini's fine-tuning name: other languages, slang and emoji, domain
terms, cultural references, abstract themes. A caption is put into the first that fits.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import regex

from generation.prompting.lexicon import Lexicon
from generation.prompting.reading import read_draft
from generation.prompting.words.language import UNDETERMINED, detect_language

PLAIN = "plain"
LANGUAGES, SLANG, DOMAIN, CULTURE, ABSTRACT = (
    "other languages", "slang and emoji", "domain terms", "cultural references", "abstract themes",
)  # fmt: skip
CLUSTERS = (LANGUAGES, SLANG, DOMAIN, CULTURE, ABSTRACT, PLAIN)

_EMOJI = regex.compile(r"\p{Extended_Pictographic}")
_LETTERS = regex.compile(r"[\p{L}\p{M}'’-]+")

TELLING_WORDS = Path(__file__).with_name("telling_words.toml")


class Clusters:
    """Sorts captions, by the lexicon in `folder` (config/lexicon)."""

    def __init__(self, folder: Path) -> None:
        self._lexicon = Lexicon.load(folder)
        words = tomllib.loads(TELLING_WORDS.read_text("utf-8"))
        self._telling = {cluster: frozenset(words[cluster].split()) for cluster in (DOMAIN, CULTURE, ABSTRACT)}

    def of(self, caption: str) -> str:
        """One of CLUSTERS."""
        language = detect_language(caption)
        if language not in ("en", UNDETERMINED):
            return LANGUAGES
        readings = read_draft(caption, self._lexicon, "en")
        if _EMOJI.search(caption) or any(reading.is_span for reading in readings):
            return SLANG
        words = {word.casefold() for word in _LETTERS.findall(caption)}
        for cluster, telling in self._telling.items():
            if words & telling:
                return cluster
        return PLAIN
