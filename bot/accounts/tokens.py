"""Tokens as plain fields: to be sealed, and as people and files give them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.errors import Misuse
from publishers import OAuth1Token, OAuth2Token, Secret

Token = OAuth1Token | OAuth2Token

OAUTH1_FIELDS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
"""What an OAuth 1.0a token is made of, as X calls it."""


def token_fields(token: Token) -> dict[str, object]:
    """The token as plain fields, secrets revealed: for sealing only."""
    if isinstance(token, OAuth1Token):
        return {"kind": "oauth1", **{name: getattr(token, name).reveal() for name in OAUTH1_FIELDS}}
    return {
        "kind": "oauth2",
        "access_token": token.access_token.reveal(),
        "client_id": token.client_id,
        "client_secret": token.client_secret.reveal() if token.client_secret else None,
        "refresh_token": token.refresh_token.reveal() if token.refresh_token else None,
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "scopes": sorted(token.scopes),
    }


def token_from(fields: Mapping[str, object]) -> Token:
    """The token with these fields; a consumer key makes it OAuth 1.0a.

    Raises:
        Misuse: naming what is missing or wrong, never its value.
    """
    if "consumer_key" in fields:
        return OAuth1Token(**{name: Secret(text_in(fields, name)) for name in OAUTH1_FIELDS})
    secret, refresh = (text_in(fields, name, needed=False) for name in ("client_secret", "refresh_token"))
    return OAuth2Token(
        access_token=Secret(text_in(fields, "access_token")),
        client_id=text_in(fields, "client_id", needed=False),
        client_secret=Secret(secret) if secret else None,
        refresh_token=Secret(refresh) if refresh else None,
        expires_at=end_in(fields),
        scopes=scopes_in(fields),
    )


def text_in(fields: Mapping[str, object], name: str, *, needed: bool = True) -> str:
    """The text of a field; empty where there is none and none is needed."""
    value = fields.get(name)
    if not needed and value in (None, ""):
        return ""
    if not isinstance(value, str) or not value.strip() or not value.isascii():
        raise Misuse(f"The token's {name} is missing or no plain text.")
    return value.strip()


def end_in(fields: Mapping[str, object]) -> datetime | None:
    """When the token ends; None where that is not known."""
    ends = text_in(fields, "expires_at", needed=False)
    try:
        expires_at = datetime.fromisoformat(ends) if ends else None
    except ValueError:
        raise Misuse("The token's expires_at is no ISO time such as 2026-12-01T09:00:00+00:00.") from None
    if expires_at and expires_at.tzinfo is None:
        raise Misuse("The token's expires_at has no time zone: end it with +00:00 for UTC.")
    return expires_at


def scopes_in(fields: Mapping[str, object]) -> frozenset[str]:
    """What the token may do: a list of names, or a text with spaces or commas between."""
    scopes = fields.get("scopes") or []
    if isinstance(scopes, str):
        scopes = scopes.replace(",", " ").split()
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise Misuse("The token's scopes are no list of names.")
    return frozenset(scopes)
