"""A prompt as clauses between commas, the most important first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from generation.prompting.brief import PROMPT_WORD_LIMIT


def cut_prompt(prompt: str, limit: int = PROMPT_WORD_LIMIT) -> tuple[str, bool]:
    """A prompt of at most `limit` words, and whether it was cut.

    Whole clauses fall off at the end, where the least important words stand; a first clause that is too long loses its
    last words.
    """
    if len(prompt.split()) <= limit:
        return prompt, False
    kept: list[str] = []
    for clause in prompt.split(","):
        if sum(len(part.split()) for part in (*kept, clause)) > limit:
            break
        kept.append(clause.strip())
    return (", ".join(kept) or " ".join(prompt.split()[:limit])), True


def without_words(prompt: str, avoided: Sequence[str]) -> str:
    """A prompt without the clauses that hold a word to avoid."""
    pattern = re.compile("|".join(rf"\b{re.escape(word)}s?\b" for word in avoided), re.IGNORECASE) if avoided else None
    return ", ".join(clause.strip() for clause in prompt.split(",") if not (pattern and pattern.search(clause)))
