"""The stand-in as a process of its own, and a handle to it: for tests and the playground."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

CONTROL_SECONDS = 10.0
_GREETING = "OpenAI: "


@dataclass(frozen=True)
class LocalOpenAI:
    """Where the stand-in is (`base_url` ends in /v1), and its controls."""

    base_url: str

    def script(self, *answers: dict[str, Any]) -> None:
        """Queue answers for the next chat calls: `content`, `refusal`, `finish`."""
        self._ask("POST", "/_script", list(answers))

    def change(self, **settings: Any) -> None:
        """Change how the server behaves; `playground.openai.app` lists the settings."""
        self._ask("POST", "/_settings", settings)

    def arm(self, **fault: Any) -> None:
        """Arm a fault, as `playground.faults` describes them."""
        self._ask("POST", "/_faults", {"network": "v1", **fault})

    def calls(self) -> list[dict[str, Any]]:
        """The calls so far: `path` and `body`."""
        calls: list[dict[str, Any]] = json.loads(self._ask("GET", "/_journal"))
        return calls

    def reset(self) -> None:
        """Begin anew."""
        self._ask("POST", "/_reset")

    def _ask(self, method: str, path: str, body: Any = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        address = self.base_url.removesuffix("/v1") + path
        with urlopen(Request(address, data, method=method), timeout=CONTROL_SECONDS) as answer:  # noqa: S310
            return str(answer.read().decode())


@contextlib.contextmanager
def running_openai() -> Iterator[LocalOpenAI]:
    """Start the stand-in on a free port, and stop it at the end. RuntimeError if it does not start."""
    command = [sys.executable, "-m", "playground.openai", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        first = process.stdout.readline() if process.stdout else ""
        if not first.startswith(_GREETING):
            raise RuntimeError("The local OpenAI stand-in did not start; its own message says why.")
        yield LocalOpenAI(first.removeprefix(_GREETING).strip())
    finally:
        process.terminate()
        process.wait(timeout=CONTROL_SECONDS)
        if process.stdout:
            process.stdout.close()
