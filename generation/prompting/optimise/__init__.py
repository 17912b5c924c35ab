"""Better prompts by CLIP: found by gradient for a picture or a text, or by drawing variants. Every step is kept."""

from __future__ import annotations

from generation.prompting.optimise.pez import HardPrompt, PezSettings, find_prompt, target_of_pictures, target_of_text
from generation.prompting.optimise.search import Search, Tried, search

__all__ = [
    "HardPrompt",
    "PezSettings",
    "Search",
    "Tried",
    "find_prompt",
    "search",
    "target_of_pictures",
    "target_of_text",
]
