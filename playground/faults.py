"""Faults on demand: the ways in which a network leaves its caller in doubt.

`POST /_faults` arms one (a JSON object) or several (a list):

    {"network": "x", "method": "POST", "path": "/2/tweets", "do": "drop", "acted": true, "times": 1, "chance": 1.0}

`do` is one of
- "drop": close the connection without an answer,
- "half": begin a true answer and close the connection in the middle of it,
- "corrupt": answer 200 with bytes that are no JSON,
- "status": answer `status` with `headers` and `body`,
- "delay": wait `seconds`, then go on as usual.

`acted` says whether the network carries the request out before the fault (or, with "delay", before the wait).
`path` may end in "*". Each fault is used up after `times` requests; `chance` makes a fault hit only some.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = ("drop", "half", "corrupt", "status", "delay")
LONGEST_DELAY = 600.0


@dataclass
class Fault:
    """One fault, armed for a number of requests."""

    do: str
    network: str = "*"
    method: str = "*"
    path: str = "*"
    acted: bool = False
    times: int = 1
    chance: float = 1.0
    status: int = 503
    seconds: float = 1.0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def __post_init__(self) -> None:
        if self.do not in KINDS:
            raise ValueError(f'"do" is {str(self.do)[:40]!r}; choose from {", ".join(KINDS)}.')
        if not 100 <= self.status <= 599 or not 0 <= self.seconds <= LONGEST_DELAY or self.times < 1:
            raise ValueError('"status" is 100 to 599, "seconds" 0 to 600, "times" 1 or more.')

    def hits(self, network: str, method: str, path: str) -> bool:
        """Whether it is meant for such a request."""
        wild = self.path.endswith("*") and path.startswith(self.path[:-1])
        return (
            self.times > 0
            and self.network in {"*", network}
            and self.method in {"*", method}
            and (wild or self.path == path)
        )


class Faults:
    """The armed faults. `seed` makes those with a chance repeatable."""

    def __init__(self, seed: int = 0) -> None:
        self._armed: list[Fault] = []
        self._chooser = random.Random(seed)  # noqa: S311 - chooses faults, no secrets
        self._lock = threading.Lock()

    def arm(self, wishes: Any) -> int:
        """Arm what a JSON body asks for; ValueError or TypeError where it asks for what there is not."""
        wished = [Fault(**wish) for wish in (wishes if isinstance(wishes, list) else [wishes])]
        with self._lock:
            self._armed += wished
        return len(wished)

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def armed(self) -> list[dict[str, Any]]:
        """What is left."""
        with self._lock:
            return [vars(fault) for fault in self._armed if fault.times > 0]

    def take(self, network: str, method: str, path: str) -> Fault | None:
        """The first armed fault for a request, used up by one."""
        with self._lock:
            for fault in self._armed:
                if fault.hits(network, method, path) and self._chooser.random() < fault.chance:
                    fault.times -= 1
                    return fault
        return None


class FaultyNetworks:
    """ASGI middleware that lets the armed faults happen."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through, unless a fault is armed for it."""
        with contextlib.suppress(ClientDisconnect):  # a caller that left while it was speaking is no error of ours
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._fault_for(scope)
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.do == "delay" and not fault.acted:
            replay = await _read(receive)  # a network goes on with what it has read, though the caller left
            await asyncio.sleep(fault.seconds)
            await self._app(scope, replay, send)
        else:
            messages = await self._acted(scope, receive) if fault.acted or fault.do == "half" else []
            await _answer(fault, messages, send)

    def _fault_for(self, scope: Scope) -> Fault | None:
        if scope["type"] != "http":
            return None
        network, slash, path = scope["path"].lstrip("/").partition("/")
        return self._faults.take(network, scope["method"], slash + path)

    async def _acted(self, scope: Scope, receive: Receive) -> list[Message]:
        """Let the network do its part, and keep its answer back."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        return messages


async def _read(receive: Receive) -> Receive:
    """Take a request whole, to be read again later."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
        messages.append(await receive())

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return again


async def _answer(fault: Fault, messages: list[Message], send: Send) -> None:
    match fault.do:
        case "delay":
            await asyncio.sleep(fault.seconds)
            for message in messages:
                await send(message)
        case "status":
            body = b"" if fault.body is None else json.dumps(fault.body).encode()
            await _respond(send, fault.status, {"content-type": "application/json", **fault.headers}, body)
        case "corrupt":
            await _respond(send, 200, {"content-type": "application/json"}, b'{"data": {"id": \xff')
        case "half":
            await send(messages[0])
            body = b"".join(message.get("body", b"") for message in messages[1:])
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await _hang_up(send)
        case _:
            await _hang_up(send)


async def _respond(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def _hang_up(send: Send) -> None:
    """Close the connection at once. ASGI has no word for it, so this asks uvicorn's own object behind `send`."""
    cycle: Any = send.__self__  # type: ignore[attr-defined]
    cycle.transport.close()
    while not cycle.disconnected:  # else uvicorn would complain of an unfinished answer
        await asyncio.sleep(0.001)
