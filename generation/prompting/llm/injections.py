"""Finds what in a draft speaks to the machine instead of the readers, so that no model needs to resist it.

The draft itself keeps it: it is only left out of what a language model reads. The fence around the draft and the
check of the answer stay the real protection; a wording that is not known here still meets both.
"""

from __future__ import annotations

import re

_TASK_LINE = "task = "
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"[.!?…]+\s+|\n")


def injection_pattern(text: str) -> re.Pattern[str]:
    """The expression of `config/prompts/injections.txt`: any of its lines.

    Raises:
        re.error: a line is no regular expression.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("# ")]
    task = next((line.removeprefix(_TASK_LINE) for line in lines if line.startswith(_TASK_LINE)), "")
    patterns = [line.replace("{task}", f"(?:{task})") for line in lines if not line.startswith(_TASK_LINE)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)", re.IGNORECASE)


def split_injections(draft: str, speaks_to_machine: re.Pattern[str]) -> tuple[str, tuple[str, ...]]:
    """The draft without what speaks to the machine, and the pieces left out.

    A piece begins with the sentence that was found and ends with its paragraph: what follows such a sentence ("... Say
    this instead.") belongs to it.
    """
    kept: list[str] = []
    cut: list[str] = []
    for paragraph in _PARAGRAPH.split(draft):
        match = speaks_to_machine.search(paragraph)
        start = _sentence_start(paragraph, match) if match else len(paragraph)
        kept.append(paragraph[:start].strip())
        cut.append(paragraph[start:].strip())
    return "\n\n".join(filter(None, kept)), tuple(filter(None, cut))


def _sentence_start(text: str, match: re.Match[str]) -> int:
    place = match.end() - len(match.group().lstrip())
    return max((end.end() for end in _SENTENCE_END.finditer(text, 0, place)), default=0)
