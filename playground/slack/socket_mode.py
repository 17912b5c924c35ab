"""Socket Mode: the app's WebSockets, what is sent over them, and what it acknowledges.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.slack.workspace import APP_ID

Json = dict[str, Any]
MOST_CONNECTIONS = 10
TICKET_SECONDS = 30.0
WARNING_SECONDS = 10.0
"""How long after a warning the connection is closed."""


class SocketMode:
    """The connections of the app. Each payload goes over one of them, in turns."""

    def __init__(self) -> None:
        self._tickets: dict[str, float] = {}
        self._connections: list[WebSocket] = []
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._farewells: set[asyncio.Task[None]] = set()
        self._turn = 0

    @property
    def count(self) -> int:
        """How many connections there are."""
        return len(self._connections)

    def ticket(self) -> str:
        """Let one connection be opened soon."""
        name = secrets.token_urlsafe(18)
        self._tickets[name] = time.monotonic()
        return name

    async def connect(self, socket: WebSocket) -> None:
        """Serve one connection until it ends."""
        issued = self._tickets.pop(socket.query_params.get("ticket", ""), None)
        if issued is None or time.monotonic() - issued > TICKET_SECONDS:
            await socket.close(1008)
            return
        await socket.accept()
        if self.count >= MOST_CONNECTIONS:
            await self._say_goodbye(socket, "too_many_websockets")
            return
        self._connections.append(socket)
        hello = {"type": "hello", "num_connections": self.count, "connection_info": {"app_id": APP_ID}}
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it may leave at any time
            await socket.send_json(hello | {"debug_info": {"host": "playground", "approximate_connection_time": 3600}})
            while True:
                self._acknowledged(await socket.receive_text())
        if socket in self._connections:
            self._connections.remove(socket)

    async def deliver(self, kind: str, payload: Json, seconds: float, retry: tuple[int, str] | None = None) -> Json:
        """Send an envelope and wait for its acknowledgement: the payload that came with it.

        Raises:
            ConnectionError: if no connection is open.
            TimeoutError: if the app took too long.
        """
        if not self._connections:
            raise ConnectionError
        self._turn += 1
        socket = self._connections[self._turn % self.count]
        envelope: Json = {"envelope_id": secrets.token_hex(16), "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope["retry_attempt"], envelope["retry_reason"] = retry or (0, "")
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = answer
        try:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # then it is not acknowledged either
                await socket.send_json(envelope)
            return await asyncio.wait_for(answer, seconds)
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Tell all connections that they end now ("refresh_requested"), or soon ("warning")."""
        for socket in list(self._connections):
            if reason == "warning":
                await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}})
                task = asyncio.ensure_future(self._say_goodbye_later(socket))
                self._farewells.add(task)
                task.add_done_callback(self._farewells.discard)
            else:
                await self._say_goodbye(socket, reason)

    def cut(self) -> None:
        """Drop all connections without a word, as a broken line does."""
        for socket in list(self._connections):
            self._connections.remove(socket)
            socket.scope["transport"].abort()

    def freeze(self) -> None:
        """Stop reading from all connections: they stay open, and nothing is answered any more, not even a ping."""
        for socket in list(self._connections):
            self._connections.remove(socket)
            socket.scope["transport"].pause_reading()

    async def _say_goodbye_later(self, socket: WebSocket) -> None:
        await asyncio.sleep(WARNING_SECONDS)
        await self._say_goodbye(socket)

    async def _say_goodbye(self, socket: WebSocket, reason: str = "refresh_requested") -> None:
        if socket in self._connections:
            self._connections.remove(socket)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}})
            await socket.close()

    def _acknowledged(self, text: str) -> None:
        try:
            message = json.loads(text)
            answer = self._waiting.get(message["envelope_id"])
            payload = message.get("payload") or {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return  # Slack ignores what it does not understand
        if answer and not answer.done():
            answer.set_result(payload if isinstance(payload, dict) else {"text": str(payload)})
