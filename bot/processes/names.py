"""The stable name of a process: held by one at a time, and seen in the records while it lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from bot.errors import EaselError
from bot.locks import locked
from bot.records import Records
from bot.settings import Settings

BEAT_SECONDS = 5.0


def process_name(roles: Sequence[str], name: str = "") -> str:
    """The name of a process: given, or what it does and this machine."""
    return name or f"{'-'.join(roles)}@{socket.gethostname()}"


@contextmanager
def only_one(settings: Settings, name: str) -> Iterator[None]:
    """Hold the name on this machine: two processes of one name would run each other's work.

    Raises:
        EaselError: if another process holds it. The lock ends with its process, however that ends.
    """
    folder = settings.home / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder / f"{name}.lock", wait=False))
        except BlockingIOError:
            raise EaselError(f"A worker named {name} runs already. Stop it first, or give this one --name.") from None
        yield


def beat(records: Records, name: str, roles: Sequence[str]) -> None:
    """Show in the records that this process lives; to be done every `BEAT_SECONDS`."""
    records.see_worker(name, roles, socket.gethostname(), os.getpid())
