"""The verdicts on a post's texts, and what they forbid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.pipeline.audience import Audience

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from generation.prompting import Brief
    from moderation import Verdict


def judge_texts(studio: Studio, brief: Brief, audience: Audience, own: Mapping[str, str]) -> tuple[Verdict, ...]:
    """The verdicts on every text of the brief and of single networks (`own`); the same words are judged once."""
    texts = {"draft": brief.draft, "normalized": brief.normalized, "prompt": brief.prompt, "alt text": brief.alt_text}
    texts |= {f"text for {network}": text for network, text in own.items()}
    seen: set[str] = set()
    verdicts: list[Verdict] = []
    for where, text in texts.items():
        if text and text not in seen:
            verdicts += audience.judge_text(studio, text, where)
        seen.add(text)
    return tuple(verdicts)


def block_reason(verdicts: Sequence[Verdict]) -> str | None:
    """Why the strictest verdicts forbid to go on, or None."""
    from moderation import Decision

    reasons = [f"{verdict.where}: {verdict.reason}" for verdict in verdicts if verdict.decision == Decision.BLOCK]
    return "; ".join(dict.fromkeys(reasons)) or None
