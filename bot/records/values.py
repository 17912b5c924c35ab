"""The plain values that go into the records, and the hash that an approval is about."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.records.options import PostOptions

OUTBOX_ACCOUNT = "outbox"
"""The account on every network until one is connected."""

EASEL = "easel"
"""The person in the audit of what Easel did by itself."""

UNSEEN = "taken unseen"
"""Stands in the audit of an approval where no person looked: `easel post --yes` in a script."""


@dataclass(frozen=True)
class NewPost:
    """A post as a person asks for it. `texts` are words for single networks, instead of the draft.

    It goes out at `due_at`, or with `next_slot` in the next free slot of each account, or once it is approved.
    """

    person: str
    draft: str
    networks: Sequence[str]
    due_at: datetime | None = None
    timezone: str = "UTC"
    next_slot: bool = False
    options: PostOptions | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """A finished candidate on its way into the records.

    `picture` is the SHA-256 of its file, `fingerprint` the perceptual one by which a picture like it is known.
    """

    seed: int
    score: float
    model: str
    revision: str
    settings: Mapping[str, Any]
    picture: str
    verdicts: Sequence[Mapping[str, Any]]
    fingerprint: str | None = None


@dataclass(frozen=True)
class Planned:
    """What goes to one account of one network, exactly as it was approved. A picture is (SHA-256, alt text).

    `due_at` is when, or None for the time that the post names (or now); the time is no part of what is approved.
    As a `carousel` the pictures are the pages of one document.
    """

    network: str
    account: str
    text: str
    pictures: tuple[tuple[str, str], ...]
    due_at: datetime | None = None
    carousel: bool = False


def approval_hash(plans: Iterable[Planned]) -> str:
    """The SHA-256 of everything that an approval is about: networks, accounts, texts, pictures, alt texts, carousels.

    The same plan twice counts once, so that what is approved, withdrawn and approved again has its old hash.
    """
    body = sorted(
        [plan.network, plan.account, plan.text, [list(pair) for pair in plan.pictures], *["carousel"] * plan.carousel]
        for plan in plans
    )
    distinct = [plan for index, plan in enumerate(body) if index == 0 or plan != body[index - 1]]
    return hashlib.sha256(json.dumps(distinct, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


def new_id(kind: str) -> str:
    """A short id that cannot be guessed, such as `post_5f0c2a9be1d4`."""
    return f"{kind}_{secrets.token_hex(6)}"


def short_id(kind: str, name: str) -> str:
    """An id made of a name of any length, the same each time, such as `post_5f0c2a9be1d4`."""
    return f"{kind}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
