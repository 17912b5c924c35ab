"""What goes to a network and what comes back: plain frozen values that a database row can hold."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from publishers.errors import PublishError

PUBLICATION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""Ids become file names in the outbox and keys in logs, so they keep to what is safe in both."""


@dataclass(frozen=True)
class Media:
    """A picture or document that the network already holds.

    `id` is the network's own (a media id, a URN) and means nothing elsewhere. Of a document, `alt` is the title.
    """

    id: str
    alt: str = ""
    kind: Literal["image", "document"] = "image"


@dataclass(frozen=True)
class Publication:
    """One post on one account, as it was approved.

    `attempted_at` is the moment the intent was recorded, before the first `create`: a lookup starts there.
    `last_attempted_at` is that of the latest `create`, where there was more than one: a lookup is only sure of an
    absence some time after it. `remote_id` is the network's id once it is known.
    """

    id: str
    text: str
    attempted_at: datetime
    media: tuple[Media, ...] = ()
    body_hash: str = ""
    remote_id: str | None = None
    last_attempted_at: datetime | None = None
    made_with_ai: bool = True

    def __post_init__(self) -> None:
        if not PUBLICATION_ID.fullmatch(self.id):
            raise PublishError(
                f"The publication id {self.id[:40]!r} cannot be used: "
                "use up to 128 letters, digits, dots, dashes and underscores, a letter or digit first."
            )
        if self.attempted_at.tzinfo is None or (self.last_attempted_at and self.last_attempted_at.tzinfo is None):
            raise PublishError(f"Publication {self.id}: its attempt time has no time zone; store attempt times in UTC.")


@dataclass(frozen=True)
class Published:
    """The post is there, once.

    `status` is "published", "already_published" (the network said that it has it) or "outbox" (kept locally).
    """

    network: str
    status: Literal["published", "already_published", "outbox"]
    remote_id: str
    url: str


@dataclass(frozen=True)
class Found:
    """The lookup met the post."""

    published: Published


@dataclass(frozen=True)
class Absent:
    """The post is surely not there: sending it (again) cannot double it."""


@dataclass(frozen=True)
class Unknown:
    """The lookup could not tell. `look_again_after` seconds, or None where looking again will never tell."""

    why: str
    look_again_after: float | None = None


Lookup = Found | Absent | Unknown


@dataclass(frozen=True)
class AccountReport:
    """What `check` learnt about an account. `warnings` are lines for its owner; empty means all is well."""

    network: str
    remote_id: str
    name: str
    warnings: tuple[str, ...] = ()


def body_hash(text: str, pictures: Sequence[tuple[bytes, str]]) -> str:
    """SHA-256 (hex) of what the reader will see: the text and each picture with its alt text, in order."""
    parts = [text, *([hashlib.sha256(data).hexdigest(), alt] for data, alt in pictures)]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
