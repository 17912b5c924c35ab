"""What a method is: a function of its arguments, with the scopes and the limit that Slack gives it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.slack.errors import SlackError

if TYPE_CHECKING:
    from playground.slack.slack import Slack

Json = dict[str, Any]


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call, from a form or from JSON."""

    given: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        """A text, or the default where none was given."""
        value = self.given.get(name)
        return default if value is None else str(value)

    def needed(self, name: str) -> str:
        """A text that has to be there."""
        if not (value := self.text(name)):
            raise SlackError("invalid_arguments", f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        """Yes or no; forms say "true" or "1"."""
        return str(self.given.get(name, "")).lower() in ("true", "1")

    def whole(self, name: str, default: int) -> int:
        """A whole number."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise SlackError("invalid_arguments", f"must be an integer [json-pointer:/{name}]") from None

    def json(self, name: str) -> Any:
        """A list or an object; forms have it as text."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError("invalid_arguments", f"must be JSON [json-pointer:/{name}]") from None

    def has(self, name: str) -> bool:
        """Whether it was given at all."""
        return self.given.get(name) is not None


@dataclass(frozen=True)
class Method:
    """`scopes`: the token needs any of them. `tier`: see `limits`. `token`: "bot", "app" or "" for none."""

    call: Callable[[Slack, Arguments], Json]
    scopes: tuple[str, ...] = ()
    tier: int = 4
    token: str = "bot"  # noqa: S105
