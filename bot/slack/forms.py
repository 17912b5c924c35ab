"""What a person filled in: read from a view's state, checked, and kept as a row that another process can carry out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from bot.records.options import PostOptions
from bot.schedule import FARTHEST

NOW, SLOT, AT = "now", "slot", "at"

MOST_NEGATIVE = 20
"""Words to avoid; more only dilute each other."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class ComposeForm:
    """A post as it was asked for. `targets` are (network, account); `at` is Unix seconds."""

    draft: str
    targets: tuple[tuple[str, str], ...]
    channel: str = ""
    thread: str = ""
    when: str = NOW
    at: int = 0
    count: int = 4
    guidance: float | None = None
    negative: tuple[str, ...] | None = None
    model: str = ""
    tone: str = ""
    article: str = ""
    texts: Mapping[str, str] | None = None

    @property
    def networks(self) -> list[str]:
        """The networks, each once."""
        return list(dict.fromkeys(network for network, _ in self.targets))

    @property
    def due_at(self) -> datetime | None:
        """The time that was picked, in UTC."""
        return datetime.fromtimestamp(self.at, UTC) if self.when == AT else None

    @property
    def options(self) -> PostOptions:
        """What of it the records keep as the post's options."""
        return PostOptions(
            count=self.count,
            negative=self.negative,
            guidance=self.guidance,
            model=self.model or None,
            tone=self.tone,
            article=self.article,
            accounts=self.targets,
        )

    def with_texts(self, texts: Mapping[str, str]) -> ComposeForm:
        """The form with a text for each network; those that say the same as the draft are left out."""
        return replace(self, texts={network: text for network, text in texts.items() if text != self.draft})

    def to_dict(self) -> dict[str, Any]:
        """The form as JSON holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> ComposeForm:
        """The form that `to_dict` wrote."""
        known = {field.name: plain[field.name] for field in fields(cls) if field.name in plain}
        known["targets"] = tuple((network, account) for network, account in known.get("targets", ()))
        if known.get("negative") is not None:
            known["negative"] = tuple(known["negative"])
        return cls(**known)


def read(values: Values, block: str) -> Any:
    """What was filled into the one element of a block: a text, a number, an option's value or a list of them."""
    for state in values.get(block, {}).values():
        if "selected_options" in state:
            return [one["value"] for one in state["selected_options"] or ()]
        for name in ("value", "selected_date_time", "selected_conversation", "selected_users"):
            if name in state:
                return state[name]
        if "selected_option" in state:
            return (state["selected_option"] or {}).get("value")
    return None


def words_in(text: str | None) -> tuple[str, ...] | None:
    """Words to avoid, separated by commas or lines; None for an empty field."""
    parts = [part.strip() for part in (text or "").replace("\n", ",").split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))[:MOST_NEGATIVE] or None


def refuse_time(at: object, now: datetime) -> str | None:
    """Why a post cannot go out then, in Unix seconds as a field holds them; None if it can."""
    if not isinstance(at, int) or not at:
        return "Pick the time."
    if at <= int(now.timestamp()):
        return "This time is in the past: pick a later one."
    if at > int((now + FARTHEST).timestamp()):
        return "This is more than a year away: pick an earlier time."
    return None
