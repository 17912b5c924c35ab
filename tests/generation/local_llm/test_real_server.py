"""The wire against a real server: llama.cpp with a real, small model. `make test-local-llm` installs and runs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from generation.prompting import PROMPT_WORD_LIMIT, RulesWriter
from generation.prompting.llm import Connection, LLMWriter, Prompts
from playground.local_llm import model_file, running_local_llm

pytestmark = [
    pytest.mark.skipif(model_file() is None, reason="the extra local-llm is not installed: `make test-local-llm`"),
    pytest.mark.timeout(300),
]

CONFIG = Path(__file__).resolve().parents[3] / "config"


@pytest.fixture(scope="module")
def writer() -> Iterator[LLMWriter]:
    with running_local_llm() as address:
        connection = Connection("smollm2", address, seconds=240, answer_tokens=300)
        yield LLMWriter(RulesWriter.load(CONFIG), connection, Prompts.load(CONFIG / "prompts"))


def test_a_real_server_is_understood_and_the_brief_is_sound_whoever_wrote_it(writer):
    brief = writer.write("we shipped dark mode, go break it 🌙")
    assert brief.usage is not None
    assert brief.usage.prompt_tokens > 500, "the server counted what it read"
    assert brief.usage.answer_tokens > 0
    assert 2 <= len(brief.prompt.split()) <= PROMPT_WORD_LIMIT
    assert brief.writer == "smollm2" or "language model did not answer in the form" in brief.notices[-1]


def test_a_real_server_that_is_too_slow_is_left_in_time(writer):
    hasty = replace(writer, connection=replace(writer.connection, seconds=0.2))
    brief = hasty.write("pizza party 🍕")
    assert brief.writer == "rules"
    assert "within 0.2 s" in brief.notices[-1]
    assert brief.prompt.startswith("a pizza")
