"""One training at a time in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generation.training.errors import TrainingError


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system lets go of when the process ends, however it ends.

    Raises:
        TrainingError: another process holds it, or the system has no such locks.
    """
    try:
        import fcntl
    except ImportError:
        raise TrainingError(
            "Training locks its folder as Linux and macOS can; on Windows, train in the Windows Subsystem for Linux."
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = file.read(20).strip() or "unknown"
            raise TrainingError(
                f"{folder}: another training is at work there (process {who}); wait for it, or name another --work."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
