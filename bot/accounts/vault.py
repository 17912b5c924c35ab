"""Tokens at rest: encrypted with Fernet, by a key from the environment or a file that only its owner can read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.accounts.tokens import Token, token_fields, token_from
from bot.errors import EaselError, Misuse
from bot.secret_file import keep_secret, read_secret

KEY_VARIABLE = "EASEL_SECRET_KEY"
"""Fernet keys, separated by commas: the first encrypts, all decrypt, so that a key can be replaced."""

KEY_FILE = "secret.key"


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
