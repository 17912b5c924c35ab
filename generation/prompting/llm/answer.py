"""What a language model answers, checked: its form by pydantic, its contents by the rules of a brief."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from generation.prompting.brief import PROMPT_WORD_LIMIT
from generation.prompting.llm.masking import without_placeholders

_LONGEST_ANSWER = 20_000
_FENCED = re.compile(r"^```(?:json)?\s*|\s*```$")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NOT_DRAWABLE = re.compile(r"https?:|www\.|[@#<>{}\[\]|\\]|\bas an ai\b|\bi (?:cannot|can't|am sorry)\b", re.IGNORECASE)
_SHORTEST_PROMPT = 2


class AnswerError(ValueError):
    """An answer that is no brief; the message can be shown to the model."""


class LLMAnswer(BaseModel):
    """The keys that `config/prompts/brief.md` asks for."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    normalized: str = Field(min_length=1, max_length=4000)
    prompt: str = Field(min_length=3, max_length=600)
    negative: list[str] = Field(max_length=20)
    alt_text: str = Field(min_length=3, max_length=1000)
    topics: list[str] = Field(max_length=12)
    x: str = Field(default="", max_length=4000)
    linkedin: str = Field(default="", max_length=6000)

    @field_validator("normalized", "prompt", "alt_text", "x", "linkedin")
    @classmethod
    def _plain(cls, text: str) -> str:
        return _CONTROL.sub("", text)

    @field_validator("prompt", "alt_text")
    @classmethod
    def _drawable(cls, text: str) -> str:
        line = without_placeholders(text).strip("\"'")
        if _NOT_DRAWABLE.search(line) or len(line.split()) < _SHORTEST_PROMPT:
            raise ValueError("it must describe a picture in plain words")
        return line

    @field_validator("negative", "topics")
    @classmethod
    def _short(cls, words: list[str]) -> list[str]:
        cleaned = [" ".join(_CONTROL.sub("", word).split()).strip(".,;") for word in words]
        return [word for word in dict.fromkeys(cleaned) if word and len(word) <= 60 and not _NOT_DRAWABLE.search(word)]


def response_schema() -> dict[str, Any]:
    """The `response_format` that asks a server for this form."""
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": list(LLMAnswer.model_fields),
        "properties": {
            name: {"type": "array", "items": {"type": "string"}}
            if name in {"negative", "topics"}
            else {"type": "string"}
            for name in LLMAnswer.model_fields
        },
    }
    return {"type": "json_schema", "json_schema": {"name": "brief", "strict": True, "schema": schema}}


def read_answer(text: str) -> LLMAnswer:
    """The answer in a model's text.

    Raises:
        AnswerError: the text is no JSON object of the right form.
    """
    if len(text) > _LONGEST_ANSWER:
        raise AnswerError(f"the answer is longer than {_LONGEST_ANSWER:,} characters")
    text = _FENCED.sub("", text.strip())
    start, end = text.find("{"), text.rfind("}")
    try:
        plain = json.loads(text[start : end + 1] if start >= 0 else text)
        return LLMAnswer.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        raise AnswerError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise AnswerError("it is no JSON object") from None


def cut_prompt(prompt: str) -> tuple[str, bool]:
    """A prompt of at most `PROMPT_WORD_LIMIT` words, and whether it was cut.

    Whole clauses fall off at the end, where the least important words stand; a first clause that is too long loses its
    last words.
    """
    if len(prompt.split()) <= PROMPT_WORD_LIMIT:
        return prompt, False
    kept: list[str] = []
    for clause in prompt.split(","):
        if sum(len(part.split()) for part in (*kept, clause)) > PROMPT_WORD_LIMIT:
            break
        kept.append(clause.strip())
    return (", ".join(kept) or " ".join(prompt.split()[:PROMPT_WORD_LIMIT])), True


def without_words(prompt: str, avoided: Sequence[str]) -> str:
    """A prompt without the clauses that hold a word to avoid."""
    pattern = re.compile("|".join(rf"\b{re.escape(word)}s?\b" for word in avoided), re.IGNORECASE) if avoided else None
    return ", ".join(clause.strip() for clause in prompt.split(",") if not (pattern and pattern.search(clause)))
