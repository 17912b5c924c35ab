"""A brief as a person wants it: their words in place of the writer's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.records.options import PostOptions

if TYPE_CHECKING:
    from generation.prompting import Brief

TONES = {"": "plain", "cheerful": "cheerful", "calm": "calm", "bold": "bold", "short": "as short as possible"}
"""The tones of an alt text, and how they are offered."""

LEAD = re.compile(r"^An? (?:[\w-]+ )?illustration(?: of|:)\s*", re.IGNORECASE)


def as_wished(brief: Brief, options: PostOptions, person: str) -> Brief:
    """The brief with what the options say; whoever wrote a prompt of their own is its writer."""
    if options.normalized is not None:
        brief = replace(brief, normalized=options.normalized)
    if options.negative is not None:
        brief = replace(brief, negative=options.negative)
    if options.prompt is not None and options.prompt != brief.prompt:
        brief = with_prompt(brief, options.prompt, person)
    return replace(brief, alt_text=options.alt_text or toned(brief.alt_text, options.tone))


def with_prompt(brief: Brief, prompt: str, person: str) -> Brief:
    """The brief with a person's prompt, cut at its end to the length that models read."""
    from generation.prompting.clauses import cut_prompt

    prompt, cut = cut_prompt(" ".join(prompt.split()))
    notices = (*brief.notices, "The prompt was too long and lost its last words.") if cut else brief.notices
    return replace(brief, prompt=prompt, alt_text=f"An illustration: {prompt}.", writer=person, notices=notices)


def toned(alt_text: str, tone: str) -> str:
    """The alt text of a brief in one of `TONES`."""
    rest = LEAD.sub("", alt_text)
    if not tone or rest == alt_text:
        return alt_text
    return rest[:1].upper() + rest[1:] if tone == "short" else f"A {tone} illustration of {rest}"
