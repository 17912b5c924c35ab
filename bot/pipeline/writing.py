"""Who writes briefs: the rules, or a language model within limits and with what people taught it, as settings say."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from bot.errors import Misuse
from bot.pipeline.generators import KEY
from bot.settings import CONFIG, Settings

if TYPE_CHECKING:
    from bot.records import Records
    from generation.prompting import Brief, RulesWriter
    from generation.prompting.llm import Example, LLMWriter

RULES, LLM = "rules", "llm"


class Writer(Protocol):
    """Who turns drafts into briefs."""

    def write(self, draft: str) -> Brief:
        """The brief of a draft."""

    def improve(self, by_rules: Brief, gist: str) -> Brief:
        """A better brief of an article, by its gist."""


def refuse_unreachable_writer(settings: Settings) -> None:
    """Raise Misuse if a language model is wanted and not named, or OpenAI's server is meant and there is no key."""
    if settings.writer == RULES:
        return
    if not settings.llm_model:
        raise Misuse("The writer llm needs a model's name: --llm-model NAME, or the setting llm_model.")
    if not settings.llm_url and not os.environ.get(KEY):
        raise Misuse(f"OpenAI needs a key in {KEY}; for a server of your own give --llm-url, or the setting llm_url.")


def open_writer(settings: Settings, rules: RulesWriter, records: Callable[[], Records]) -> RulesWriter | LLMWriter:
    """The writer of the settings; `records` are opened only for a language model.

    Raises:
        Misuse: as `refuse_unreachable_writer`.
    """
    refuse_unreachable_writer(settings)
    if settings.writer == RULES:
        return rules
    from generation.prompting.llm import OPENAI_URL, Connection, DailyPurse, LLMWriter, Prompts

    key, url = os.environ.get(KEY, ""), settings.llm_url or OPENAI_URL
    purse = DailyPurse(
        records(),
        settings.llm_tokens_a_day,
        settings.llm_cost_a_day,
        settings.llm_prompt_price,
        settings.llm_answer_price,
    )
    return LLMWriter(
        rules,
        Connection(settings.llm_model, url, key, settings.llm_seconds),
        Prompts.load(CONFIG / "prompts"),
        purse,
        settings.llm_masking,
        lambda: learned_examples(records()),
    )


def learned_examples(records: Records) -> Sequence[Example]:
    """What people of this workspace made of briefs, the newest last; rows that no longer pass as examples are left."""
    from generation.prompting.llm import Example

    examples = []
    for row in records.examples():
        try:
            examples.append(Example.from_row(row.body))
        except ValueError:
            continue
    return examples
