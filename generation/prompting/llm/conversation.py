"""One conversation with an OpenAI-compatible server: the form it must answer in, one repair, one way round.

Servers differ in what they support. A server that refuses `json_schema` is asked once more in JSON mode; an answer of
the wrong form is sent back once with what is wrong. All of it shares one time limit and one largest answer.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from generation.prompting.llm.answer import AnswerError, LLMAnswer, read_answer, response_schema

if TYPE_CHECKING:
    import openai

OPENAI_URL = "https://api.openai.com/v1"
_LARGEST_ANSWER = 1 << 20
_LONGEST_QUOTE = 2000
"""Characters of a wrong answer that are shown to the model again."""
_SCHEMA_REFUSED = frozenset({400, 404, 415, 422, 500, 501})
"""Answers of servers that do not know `json_schema`; some say 500."""


class ConversationError(RuntimeError):
    """The model gave no usable answer; the message says why, for a notice."""


@dataclass(frozen=True)
class Connection:
    """Where a model is and how it is asked. `seconds` bounds the whole conversation; `answer_tokens` one answer."""

    model: str
    base_url: str = OPENAI_URL
    api_key: str = field(default="", repr=False)
    seconds: float = 30.0
    answer_tokens: int = 500
    temperature: float = 0.3

    @property
    def host(self) -> str:
        """The server's name, which is all that is told of its address."""
        return urlsplit(self.base_url).hostname or self.base_url


@dataclass
class Conversation:
    """The messages so far and what they took."""

    connection: Connection
    messages: list[dict[str, str]]
    repair: str
    prompt_tokens: int = 0
    answer_tokens: int = 0

    def ask(self) -> LLMAnswer:
        """The model's answer.

        Raises:
            ConversationError: it refuses, is late, cannot be reached, or does not get the form right.
        """
        import httpx2
        import openai

        from generation.generators.bounded_http import BoundedTransport

        latest = time.monotonic() + self.connection.seconds
        transport = BoundedTransport(_LARGEST_ANSWER, self.connection.seconds)
        with openai.OpenAI(
            api_key=self.connection.api_key or "none",  # compatible servers want one, whatever it is
            base_url=self.connection.base_url,
            max_retries=0,
            http_client=httpx2.Client(transport=transport, timeout=self.connection.seconds),
        ) as client:
            try:
                return self._ask(client, latest)
            except openai.APITimeoutError:
                raise ConversationError(f"did not answer within {self.connection.seconds:g} s") from None
            except openai.APIConnectionError:
                raise ConversationError(f"cannot be reached at {self.connection.host}") from None
            except openai.APIStatusError as error:
                raise ConversationError(f"answers with status {error.status_code}") from None
            except (openai.OpenAIError, httpx2.HTTPError, TypeError, AttributeError, ValueError, RecursionError):
                raise ConversationError("answers something that is no chat completion") from None

    def _ask(self, client: openai.OpenAI, latest: float) -> LLMAnswer:
        import openai

        form = response_schema()
        try:
            text = self._complete(client, form, latest)
        except openai.APIStatusError as error:
            if error.status_code not in _SCHEMA_REFUSED:
                raise
            form = {"type": "json_object"}
            text = self._complete(client, form, latest)
        try:
            return read_answer(text)
        except AnswerError as error:
            problem = str(error)
        self.messages += [
            {"role": "assistant", "content": text[:_LONGEST_QUOTE]},
            {"role": "user", "content": self.repair.replace("{problem}", problem)},
        ]
        try:
            return read_answer(self._complete(client, form, latest))
        except AnswerError as error:
            raise ConversationError(f"did not answer in the form that was asked for ({error})") from None

    def _complete(self, client: openai.OpenAI, form: dict[str, Any], latest: float) -> str:
        left = latest - time.monotonic()
        if left <= 0:
            raise ConversationError(f"did not answer within {self.connection.seconds:g} s")
        answer = client.chat.completions.create(  # type: ignore[call-overload]
            model=self.connection.model,
            messages=self.messages,
            response_format=form,
            max_tokens=self.connection.answer_tokens,
            temperature=self.connection.temperature,
            timeout=left,
        )
        if answer.usage:
            self.prompt_tokens += max(0, int(answer.usage.prompt_tokens or 0))
            self.answer_tokens += max(0, int(answer.usage.completion_tokens or 0))
        if not answer.choices:
            raise ConversationError("answers without a choice")
        choice = answer.choices[0]
        if choice.message.refusal or choice.finish_reason == "content_filter":
            raise ConversationError("refuses to write about this draft")
        return str(choice.message.content or "")
