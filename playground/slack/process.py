"""The local Slack as a process of its own, and a handle to it: for tests, benchmarks and the playground."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Json = dict[str, Any]
CONTROL_SECONDS = 10.0
_GREETING = "Slack: "


@dataclass(frozen=True)
class LocalSlack:
    """Where this Slack is, what people do and see there, and its controls."""

    address: str

    @property
    def api(self) -> str:
        """The Web API's base address, for SLACK_API_URL."""
        return f"{self.address}/api/"

    def do(self, action: str, **wish: Any) -> Json:
        """Let a person do something, as `playground.slack` lists it; `who` is the person."""
        wish["as"] = wish.pop("who")
        done: Json = json.loads(self._ask("POST", f"/_do/{action}", wish))
        return done

    def upload(self, who: str, name: str, data: bytes, *, for_app: bool = False) -> str:
        """A file from a person's machine: its id."""
        wish = {"as": who, "name": name, "data": base64.b64encode(data).decode(), "for_app": for_app}
        return str(json.loads(self._ask("POST", "/_do/upload", wish))["id"])

    def uninstall(self) -> None:
        """Take the app out of the workspace."""
        self._ask("POST", "/_do/uninstall")

    def see(self, who: str) -> Json:
        """What a person sees."""
        seen: Json = json.loads(self._ask("GET", f"/_see?as={who}"))
        return seen

    def messages(self, who: str, channel: str) -> list[Json]:
        """What a person sees in a channel, by its name or id; replies follow the message that they answer."""
        found = next(c for c in self.see(who)["channels"] if channel in (c["name"], c["id"]))
        return [shown for message in found["messages"] for shown in (message, *message["replies"])]

    def modal(self, who: str) -> Json | None:
        """The modal in front of a person."""
        modals = self.see(who)["modals"]
        return modals[-1] if modals else None

    def wait(self, condition: Callable[[], Any], seconds: float = 30.0, what: str = "it") -> Any:
        """Wait until a condition holds: its value. TimeoutError after a while."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not come to pass")
            time.sleep(0.05)
        return value

    def journal(self, event: str = "") -> list[Json]:
        """The calls ("called") and the deliveries ("delivered") so far."""
        entries = [json.loads(line) for line in self._ask("GET", "/_journal").split("\n") if line]
        return [entry for entry in entries if event in ("", entry["event"])]

    def change(self, **settings: Any) -> None:
        """Change how this Slack behaves."""
        self._ask("POST", "/_settings", settings)

    def connections(self) -> int:
        """How many WebSockets the app has open."""
        return int(json.loads(self._ask("GET", "/_socket"))["connections"])

    def disturb(self, wish: str) -> None:
        """Disturb the WebSockets: warn, refresh, disable, cut or freeze."""
        self._ask("POST", "/_socket", {"do": wish})

    def arm(self, **fault: Any) -> None:
        """Arm a fault, as `playground.faults` describes them; the network is "api"."""
        self._ask("POST", "/_faults", {"network": "api", **fault})

    def disarm(self) -> None:
        """Forget the armed faults."""
        self._ask("DELETE", "/_faults")

    def reset(self) -> None:
        """Begin anew; the app stays connected."""
        self._ask("POST", "/_reset")

    def _ask(self, method: str, path: str, body: Any = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(self.address + path, data, method=method), timeout=CONTROL_SECONDS) as answer:  # noqa: S310
                return str(answer.read().decode())
        except HTTPError as error:
            with error:
                if error.code == 409:  # nobody could do that: the answer says why
                    return error.read().decode()
                raise ValueError(f"{path}: {error.read().decode().strip()}") from None


@contextlib.contextmanager
def running_slack(
    *,
    manifest: Path | None = None,
    settings: Json | None = None,
    record: Path | None = None,
    replay: Path | None = None,
) -> Iterator[LocalSlack]:
    """Start a local Slack on a free port, and stop it at the end. RuntimeError if it does not start."""
    command = [sys.executable, "-m", "playground.slack", "--port", "0", "--settings", json.dumps(settings or {})]
    command += ["--manifest", str(manifest)] if manifest else []
    command += ["--record", str(record)] if record else []
    command += ["--replay", str(replay)] if replay else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        first = process.stdout.readline() if process.stdout else ""
        if not first.startswith(_GREETING):
            raise RuntimeError("The local Slack did not start; its own message says why.")
        yield LocalSlack(first.removeprefix(_GREETING).strip().rstrip("/"))
    finally:
        process.terminate()
        process.wait(timeout=CONTROL_SECONDS)
        if process.stdout:
            process.stdout.close()
