"""What a network allows, and getting a post onto it once. Knows neither Slack nor models.

A `Publisher` is bound to one account. Publish with it in this order, and a crash anywhere neither loses nor
doubles a post:

    media = tuple(publisher.upload(publisher.prepare(picture), alt) for picture, alt in pictures)
    publication = Publication(id, text, attempted_at=now, media=media)  # record it: this is the intent
    published = publisher.create(publication)  # never repeated blindly ...
    lookup = publisher.find(publication)  # ... but looked up first when the outcome is unknown

`limits_of(network).problems(text, alts)` tells before any of it what the network would refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publishers.credentials import OAuth1Token, OAuth2Token, Refresh, Rotate
from publishers.errors import Outcome, PublishError, Reason
from publishers.limits import Limits, PictureLimits
from publishers.networks import limits_of
from publishers.protocol import Publisher
from publishers.publication import (
    Absent,
    AccountReport,
    Found,
    Lookup,
    Media,
    Publication,
    Published,
    Unknown,
    body_hash,
)
from publishers.secret import Secret

if TYPE_CHECKING:
    from publishers.answers import Timeouts
    from publishers.consent import App, Consent, ask_consent, code_of, fetch_token
    from publishers.linkedin.carousel import carousel_pdf
    from publishers.linkedin.publisher import LinkedInPublisher, author_of
    from publishers.outbox import OutboxPublisher
    from publishers.x.publisher import XPublisher

__all__ = [
    "Absent",
    "AccountReport",
    "App",
    "Consent",
    "Found",
    "Limits",
    "LinkedInPublisher",
    "Lookup",
    "Media",
    "OAuth1Token",
    "OAuth2Token",
    "OutboxPublisher",
    "Outcome",
    "PictureLimits",
    "Publication",
    "PublishError",
    "Published",
    "Publisher",
    "Reason",
    "Refresh",
    "Rotate",
    "Secret",
    "Timeouts",
    "Unknown",
    "XPublisher",
    "ask_consent",
    "author_of",
    "body_hash",
    "carousel_pdf",
    "code_of",
    "fetch_token",
    "limits_of",
]

_LAZY = {
    "App": "publishers.consent",
    "Consent": "publishers.consent",
    "LinkedInPublisher": "publishers.linkedin.publisher",
    "OutboxPublisher": "publishers.outbox",
    "Timeouts": "publishers.answers",
    "ask_consent": "publishers.consent",
    "author_of": "publishers.linkedin.publisher",
    "code_of": "publishers.consent",
    "fetch_token": "publishers.consent",
    "XPublisher": "publishers.x.publisher",
    "carousel_pdf": "publishers.linkedin.carousel",
}
"""Names whose modules load Pillow, a network client or much of the standard library: only when asked for."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
