"""The local networks as a process of their own, and a handle to them: for tests and benchmarks."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

CONTROL_SECONDS = 10.0


@dataclass(frozen=True)
class LocalNetworks:
    """Where the networks are, and their controls."""

    address: str

    @property
    def x(self) -> str:
        """X's base address, for its API and its pages."""
        return f"{self.address}/x"

    @property
    def linkedin(self) -> str:
        """LinkedIn's base address, for its API, its login and its pages."""
        return f"{self.address}/linkedin"

    def journal(self, event: str = "", network: str = "") -> list[dict[str, Any]]:
        """What happened, or only one kind of it."""
        entries = [json.loads(line) for line in self._ask("GET", "/_journal").split("\n") if line]
        return [e for e in entries if event in {"", e["event"]} and network in {"", e["network"]}]

    def accounts(self) -> list[dict[str, Any]]:
        """The accounts with their tokens."""
        accounts: list[dict[str, Any]] = json.loads(self._ask("GET", "/_accounts"))
        return accounts

    def media(self, upload_id: str) -> bytes:
        """The very bytes of a picture or document that was handed over."""
        return self._fetch("GET", f"/_media/{quote(upload_id)}")

    def page(self, network: str) -> str:
        """A network's feed as its readers get it."""
        return self._ask("GET", f"/{network}/")

    def arm(self, **fault: Any) -> None:
        """Arm a fault, as `playground.faults` describes them."""
        self._ask("POST", "/_faults", fault)

    def disarm(self) -> None:
        """Forget the armed faults."""
        self._ask("DELETE", "/_faults")

    def change(self, **settings: Any) -> None:
        """Change how the networks behave."""
        self._ask("POST", "/_settings", settings)

    def reset(self) -> None:
        """Begin anew."""
        self._ask("POST", "/_reset")

    def end_access(self, network: str) -> None:
        """Let the access tokens of a network run out."""
        self._ask("POST", "/_tokens", {"network": network, "do": "end"})

    def revoke(self, network: str) -> None:
        """Take back all tokens of a network."""
        self._ask("POST", "/_tokens", {"network": network, "do": "revoke"})

    def _ask(self, method: str, path: str, body: Any = None) -> str:
        return self._fetch(method, path, body).decode()

    def _fetch(self, method: str, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.address + path, data, method=method), timeout=CONTROL_SECONDS) as answer:  # noqa: S310
            return bytes(answer.read())


@contextlib.contextmanager
def running_networks(
    *, journal: Path | None = None, seed: int = 0, settings: dict[str, Any] | None = None
) -> Iterator[LocalNetworks]:
    """Start the networks on a free port, and stop them at the end. RuntimeError if they do not start."""
    command = [sys.executable, "-m", "playground.networks", "--port", "0", "--seed", str(seed)]
    command += ["--settings", json.dumps(settings or {})]
    command += ["--journal", str(journal)] if journal else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        first = process.stdout.readline() if process.stdout else ""
        if not first.startswith("X: "):
            raise RuntimeError("The local networks did not start; their own message says why.")
        yield LocalNetworks(first.removeprefix("X: ").strip().removesuffix("/x/"))
    finally:
        process.terminate()
        process.wait(timeout=CONTROL_SECONDS)
        if process.stdout:
            process.stdout.close()
