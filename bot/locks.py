"""Locks between the processes of one machine; the system lets go of them when their process ends, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import EaselError


@contextmanager
def locked(file: Path, *, wait: bool) -> Iterator[None]:
    """Hold a file's lock.

    Raises:
        BlockingIOError: if another process holds it, and this one will not `wait`.
        EaselError: if the system has no such locks.
    """
    try:
        import fcntl
    except ImportError:
        raise EaselError(
            "This needs locks as Linux and macOS have them; on Windows, use the Windows Subsystem for Linux."
        ) from None
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
