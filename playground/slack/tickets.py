"""What Slack hands out for a while: trigger ids that open one view, and addresses to answer an interaction at."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

from playground.slack.errors import SlackError
from playground.slack.settings import Settings


@dataclass
class Trigger:
    """A person's action, from which one view may be opened; `view` or `channel` is where it happened."""

    person: str
    at: float
    view: str = ""
    channel: str = ""
    used: bool = False


@dataclass
class Answer:
    """Where an app may answer an interaction a few times: the channel, the person, and the message acted on."""

    channel: str
    person: str
    at: float
    ts: str = ""
    thread_ts: str = ""
    uses: int = 0


@dataclass
class Tickets:
    """All that was handed out."""

    settings: Settings
    _triggers: dict[str, Trigger] = field(default_factory=dict)
    _answers: dict[str, Answer] = field(default_factory=dict)

    def trigger(self, person: str, view: str = "", channel: str = "") -> str:
        """A new trigger id."""
        name = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[name] = Trigger(person, time.monotonic(), view, channel)
        return name

    def exchange(self, name: str) -> Trigger:
        """Use a trigger id up."""
        found = self._triggers.get(name)
        if found is None:
            raise SlackError("invalid_trigger_id")
        if found.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - found.at > self.settings.trigger_seconds:
            raise SlackError("expired_trigger_id")
        found.used = True
        return found

    def answer_path(self, answer: Answer) -> str:
        """The path of a new response_url."""
        name = secrets.token_urlsafe(18)
        self._answers[name] = answer
        return f"/actions/{name}"

    def answer(self, name: str) -> Answer:
        """Use a response_url once."""
        found = self._answers.get(name)
        if found is None:
            raise SlackError("invalid_url")
        if time.monotonic() - found.at > self.settings.response_url_seconds:
            raise SlackError("expired_url")
        if found.uses >= self.settings.response_url_uses:
            raise SlackError("used_url")
        found.uses += 1
        return found
