"""Tokens at rest: encrypted with Fernet, by a key from the environment or a file that only its owner can read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import EaselError, Misuse
from bot.secret_file import keep_secret, read_secret
from publishers import OAuth1Token, OAuth2Token, Secret

KEY_VARIABLE = "EASEL_SECRET_KEY"
"""Fernet keys, separated by commas: the first encrypts, all decrypt, so that a key can be replaced."""

KEY_FILE = "secret.key"

Token = OAuth1Token | OAuth2Token


class Vault:
    """Seals tokens for the records and opens them again. Knows its key and shows it to nobody."""

    def __init__(self, home: Path) -> None:
        self._file = home / KEY_FILE
        self._fernet = MultiFernet(self._keys())

    def seal(self, token: Token) -> str:
        """The token as text that says nothing without the key."""
        return self.seal_fields(token_fields(token))

    def open(self, sealed: str) -> Token:
        """The token that was sealed.

        Raises:
            EaselError: if the key is another one, or the text was changed.
        """
        return token_from(self.open_fields(sealed))

    def seal_fields(self, fields: Mapping[str, object]) -> str:
        """Plain fields as text that says nothing without the key."""
        return self._fernet.encrypt(json.dumps(dict(fields)).encode()).decode()

    def open_fields(self, sealed: str) -> dict[str, Any]:
        """The fields that were sealed.

        Raises:
            EaselError: as for `open`.
        """
        try:
            fields: dict[str, Any] = json.loads(self._fernet.decrypt(sealed.encode()))
            return fields
        except InvalidToken:
            raise EaselError(
                f"The stored token cannot be decrypted with the present key ({self._source()}). Restore the key, "
                "or connect the account again: `easel accounts add`."
            ) from None

    def _source(self) -> str:
        return KEY_VARIABLE if os.environ.get(KEY_VARIABLE) else str(self._file)

    def _keys(self) -> list[Fernet]:
        given = os.environ.get(KEY_VARIABLE, "")
        text = given or self._read_or_make()
        try:
            return [Fernet(key.strip()) for key in text.split(",") if key.strip()]
        except ValueError:
            raise Misuse(
                f"{self._source()} holds no key: it should be 32 bytes in URL-safe Base64 (44 characters), "
                "such as Fernet.generate_key() makes."
            ) from None

    def _read_or_make(self) -> str:
        if not self._file.exists():
            keep_secret(self._file, Fernet.generate_key() + b"\n")
        return read_secret(self._file).decode("ascii", errors="replace").strip()


def token_fields(token: Token) -> dict[str, object]:
    """The token as plain fields, secrets revealed: for sealing only."""
    if isinstance(token, OAuth1Token):
        names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        return {"kind": "oauth1", **{name: getattr(token, name).reveal() for name in names}}
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
    """The token with these fields; without `kind`, four keys make it OAuth 1.0a.

    Raises:
        Misuse: naming what is missing or wrong, never its value.
    """

    def text(name: str, *, needed: bool = True) -> str:
        value = fields.get(name)
        if not needed and value in (None, ""):
            return ""
        if not isinstance(value, str) or not value.strip() or not value.isascii():
            raise Misuse(f"The token's {name} is missing or no plain text.")
        return value.strip()

    if "consumer_key" in fields:
        return OAuth1Token(
            Secret(text("consumer_key")),
            Secret(text("consumer_secret")),
            Secret(text("access_token")),
            Secret(text("access_token_secret")),
        )
    ends, scopes = text("expires_at", needed=False), fields.get("scopes") or []
    try:
        expires_at = datetime.fromisoformat(ends) if ends else None
    except ValueError:
        raise Misuse("The token's expires_at is no ISO time such as 2026-12-01T09:00:00+00:00.") from None
    if expires_at and expires_at.tzinfo is None:
        raise Misuse("The token's expires_at has no time zone: end it with +00:00 for UTC.")
    if isinstance(scopes, str):
        scopes = scopes.replace(",", " ").split()
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise Misuse("The token's scopes are no list of names.")
    secret, refresh = text("client_secret", needed=False), text("refresh_token", needed=False)
    return OAuth2Token(
        access_token=Secret(text("access_token")),
        client_id=text("client_id", needed=False),
        client_secret=Secret(secret) if secret else None,
        refresh_token=Secret(refresh) if refresh else None,
        expires_at=expires_at,
        scopes=frozenset(scopes),
    )
