"""Refusals: of a call in Slack's own words, and of what nobody could do."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """What a Web API method answers with `ok: false`: Slack's error name, and whatever stands beside it."""

    def __init__(self, name: str, *messages: str, **beside: Any) -> None:
        super().__init__(name, *messages)
        self.answer: dict[str, Any] = {"ok": False, "error": name, **beside}
        if messages:
            self.answer["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in messages]}


class Impossible(ValueError):
    """Nobody could do that in Slack as things stand; the message says why."""
