"""Secrets in Easel's home: files that only their owner can read."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from bot.errors import EaselError


def keep_secret(file: Path, data: bytes) -> None:
    """Write a secret, whole or not at all; of two processes that make one, the first wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=".secret-", dir=file.parent)  # for its owner alone
    try:
        with os.fdopen(descriptor, "wb") as writing:
            writing.write(data)
            writing.flush()
            os.fsync(writing.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, file)
    finally:
        os.unlink(part)


def read_secret(file: Path) -> bytes:
    """The secret.

    Raises:
        EaselError: if others may read it, so that it is none any longer.
    """
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise EaselError(f"Others may read {file}: `chmod 600 {file}`, then try again.")
    return file.read_bytes()
