"""What a person asks of one post beyond its draft: of the drawing, of the alt text, of the accounts it goes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class PostOptions:
    """None, or nothing, leaves it to the writer of briefs, to the model, to the settings.

    `improve` tries variants of the prompt before the candidates are drawn; `article` is a web address to illustrate.
    `accounts` are (network, account).
    """

    count: int | None = None
    prompt: str | None = None
    normalized: str | None = None
    negative: tuple[str, ...] | None = None
    guidance: float | None = None
    model: str | None = None
    improve: bool = False
    article: str = ""
    tone: str = ""
    alt_text: str | None = None
    accounts: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The options as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any] | None) -> PostOptions:
        """The options of a row; keys that a later version added are ignored."""
        known = {field.name: plain[field.name] for field in fields(cls) if field.name in plain} if plain else {}
        if known.get("negative") is not None:
            known["negative"] = tuple(known["negative"])
        known["accounts"] = tuple((network, account) for network, account in known.get("accounts", ()))
        return cls(**known)
