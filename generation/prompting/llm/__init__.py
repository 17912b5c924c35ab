"""Briefs by a language model behind any OpenAI-compatible server; bring your own server, key and limits."""

from __future__ import annotations

from generation.prompting.llm.conversation import OPENAI_URL, Connection
from generation.prompting.llm.prompts import Example, Prompts, PromptsError
from generation.prompting.llm.purse import DailyPurse, Ledger
from generation.prompting.llm.writer import LLMWriter

__all__ = [
    "OPENAI_URL",
    "Connection",
    "DailyPurse",
    "Example",
    "LLMWriter",
    "Ledger",
    "Prompts",
    "PromptsError",
]
