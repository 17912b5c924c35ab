"""The brief: what the rules or an LLM understood of a draft, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from generation.errors import GenerationError

PROMPT_WORD_LIMIT = 24
"""Words in a prompt. DALL-E Mini reads 64 tokens and doodle 48; two tokens a word leave room for rare words."""


_OPTIONAL = frozenset({"notices", "suggestions", "prompts_version", "usage", "article"})


class DraftError(GenerationError):
    """A draft that cannot be read as a post; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the draft that was read as something else than its plain words.

    `draft[start:end] == text`; positions count Unicode code points. `kind` is one of slang, abbreviation, idiom,
    contraction, filler, sense, emoji, emoticon, hashtag, mention, link, email, stretched or sarcasm.
    """

    start: int
    end: int
    text: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model took for a brief; `cost` is in the currency of the purse's prices."""

    prompt_tokens: int
    answer_tokens: int
    cost: float


@dataclass(frozen=True, slots=True)
class Brief:
    """What to draw for a draft, and how the draft was read.

    `draft` is the post as given, but for invisible control characters; spans index into it. `normalized` is the draft
    in plain words. `prompt` has at most `PROMPT_WORD_LIMIT` words, the most important first. `negative` are words to
    steer away from. `writer` is "rules" or the name of a language model. `notices` are sentences for the person who
    asked. `article` tells, in plain JSON types, how the article behind the post was read.
    """

    draft: str
    normalized: str
    language: str
    prompt: str
    negative: tuple[str, ...]
    alt_text: str
    topics: tuple[str, ...]
    spans: tuple[Span, ...]
    writer: str
    notices: tuple[str, ...] = ()
    suggestions: Mapping[str, str] = field(default_factory=dict)
    prompts_version: str = ""
    usage: Usage | None = None
    article: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The brief as plain JSON types, in the order of its fields."""
        plain = asdict(self) | {"suggestions": dict(self.suggestions)}
        for name in ("negative", "topics", "spans", "notices"):
            plain[name] = list(plain[name])
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Brief:
        """Rebuild a brief from `to_dict`; keys added by later versions are ignored.

        Raises:
            ValueError: a required key is missing.
        """
        required = [f.name for f in fields(cls) if f.name not in _OPTIONAL]
        missing = [name for name in required if name not in plain]
        if missing:
            raise ValueError(f"This is no brief: it lacks {', '.join(missing)}.")
        known = {f.name: plain[f.name] for f in fields(cls) if f.name in plain}
        known["spans"] = tuple(Span(**span) for span in plain["spans"])
        for name in ("negative", "topics", "notices"):
            known[name] = tuple(known.get(name, ()))
        known["suggestions"] = dict(known.get("suggestions") or {})
        known["usage"] = Usage(**known["usage"]) if known.get("usage") else None
        return cls(**known)
