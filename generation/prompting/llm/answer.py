"""What a language model answers, checked: its form by pydantic, its contents by the rules of a brief."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

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
