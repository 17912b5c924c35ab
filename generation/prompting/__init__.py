"""Draft to brief: slang, emoji and hashtags understood, and what to draw for them."""

from __future__ import annotations

from generation.prompting.brand import Brand, BrandError
from generation.prompting.brief import PROMPT_WORD_LIMIT, Brief, DraftError, Span
from generation.prompting.draft import DRAFT_LIMIT, clean_draft
from generation.prompting.lexicon import Lexicon
from generation.prompting.rules import RulesWriter
from generation.prompting.words.rows import LexiconError

__all__ = [
    "DRAFT_LIMIT",
    "PROMPT_WORD_LIMIT",
    "Brand",
    "BrandError",
    "Brief",
    "DraftError",
    "Lexicon",
    "LexiconError",
    "RulesWriter",
    "Span",
    "clean_draft",
]
