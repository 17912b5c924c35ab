"""What truly happened on a network, in order: appended to, never changed."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class Journal:
    """Entries in memory and, where a file is given, a line each in it, on disk before the network answers."""

    def __init__(self, file: Path | None = None) -> None:
        self._entries: list[dict[str, Any]] = []
        self._file = file.open("a", encoding="utf-8") if file else None
        self._lock = threading.Lock()

    def write(self, network: str, event: str, **facts: Any) -> None:
        """Append what a network did."""
        entry = {"at": datetime.now(UTC).isoformat(), "network": network, "event": event, **facts}
        with self._lock:
            self._entries.append(entry)
            if self._file:
                self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
                self._file.flush()

    def entries(self) -> list[dict[str, Any]]:
        """All entries so far."""
        with self._lock:
            return list(self._entries)

    def forget(self) -> None:
        """Begin anew in memory; the file keeps what it has."""
        with self._lock:
            self._entries.clear()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
