"""The texts that a language model is given: files a user may edit, versioned by their hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.errors import GenerationError
from generation.prompting.llm.answer import LLMAnswer
from generation.prompting.llm.injections import injection_pattern

EXAMPLE_COUNT = 3
"""Examples shown for a draft: more cost tokens, fewer teach small models too little of the form."""


class PromptsError(GenerationError):
    """A prompt file that cannot be used; the message names it."""


@dataclass(frozen=True)
class Example:
    """A draft and the answer that it should get."""

    draft: str
    answer: LLMAnswer

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Example:
        """The example in a row of `examples.jsonl`: a draft beside the keys of an answer.

        Raises:
            ValueError: a key is missing, or its value would be refused from a model too.
        """
        try:
            return cls(str(row["draft"]), LLMAnswer.model_validate({k: v for k, v in row.items() if k != "draft"}))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it lacks {error}") from None


@dataclass(frozen=True)
class Prompts:
    """System message, repair message, examples, and what speaks to the machine. `version` names their exact wording."""

    system: str
    repair: str
    examples: tuple[Example, ...]
    injections: re.Pattern[str]
    version: str

    @classmethod
    def load(cls, folder: Path | str) -> Prompts:
        """Read `brief.md`, `repair.md`, `examples.jsonl` and `injections.txt` of a folder such as `config/prompts`.

        Raises:
            PromptsError: a file is missing, an example lacks a key, or an expression is none.
        """
        folder = Path(folder)
        texts = [_read(folder / name) for name in ("brief.md", "repair.md", "examples.jsonl", "injections.txt")]
        if "{problem}" not in texts[1]:
            raise PromptsError(f"{folder / 'repair.md'} must hold {{problem}}, where the problem is said.")
        version = hashlib.sha256("\x00".join(texts).encode()).hexdigest()[:12]
        examples = tuple(_examples(folder / "examples.jsonl", texts[2]))
        try:
            injections = injection_pattern(texts[3])
        except re.error as error:
            raise PromptsError(f"{folder / 'injections.txt'}: {error}.") from None
        return cls(texts[0], texts[1], examples, injections, version)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PromptsError(f"{path} cannot be read: {error}.") from error


def _examples(path: Path, text: str) -> list[Example]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            found.append(Example.from_row(json.loads(line)))
        except ValueError as error:  # pydantic's and json's too
            raise PromptsError(f"{path} line {number} is no example: {error}") from error
    return found


def nearest(examples: Sequence[Example], draft: str, count: int = EXAMPLE_COUNT) -> Sequence[Example]:
    """The examples most like a draft, the likest last, where models heed them most; of equals the later ones."""
    wanted = _shingles(draft)
    ranked = sorted(examples, key=lambda example: _likeness(wanted, _shingles(example.draft)))
    return ranked[max(0, len(ranked) - count) :]


def _shingles(text: str) -> frozenset[str]:
    """Words and three-letter pieces, so that emoji, slang and inflections all count."""
    words = text.lower().split()
    return frozenset(words) | {word[place : place + 3] for word in words for place in range(max(1, len(word) - 2))}


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)
