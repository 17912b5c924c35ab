"""Handing what people do to the app, by Socket Mode or over HTTP, and what happens where it does not acknowledge."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from playground.journal import Journal
from playground.slack.credentials import Credentials
from playground.slack.settings import Settings
from playground.slack.signed_http import RequestFailed, SignedHttp
from playground.slack.socket_mode import SocketMode

Json = dict[str, Any]
NETWORK = "slack"


@dataclass(frozen=True)
class Acknowledged:
    """How a delivery ended: with a body, or with a problem in Slack's words."""

    body: Json = field(default_factory=dict)
    problem: str = ""


class Delivery:
    """The way from the workspace to the app."""

    def __init__(self, credentials: Credentials, settings: Settings, journal: Journal) -> None:
        self.sockets = SocketMode()
        self.http = SignedHttp(credentials)
        self._settings = settings
        self._journal = journal
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, kind: str, payload: Json) -> Acknowledged:
        """Hand a command or an interaction over, once, and wait for the acknowledgement."""
        return await self._once(kind, payload, None)

    def tell(self, payload: Json) -> None:
        """Hand an event over in the background, again where it is not acknowledged: at once, later, and at last."""
        task = asyncio.ensure_future(self._repeat(payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _repeat(self, payload: Json) -> None:
        pauses = (0.0, self._settings.second_retry_seconds, self._settings.third_retry_seconds)
        told = await self._once("events_api", payload, None)
        for attempt, pause in enumerate(pauses, start=1):
            if not told.problem:
                return
            await asyncio.sleep(pause)
            told = await self._once("events_api", payload, (attempt, told.problem))

    async def _once(self, kind: str, payload: Json, retry: tuple[int, str] | None) -> Acknowledged:
        started = time.monotonic()
        try:
            body = await self._send(kind, payload, retry)
            acknowledged = Acknowledged(body)
        except TimeoutError:
            acknowledged = Acknowledged(problem="http_timeout" if kind == "events_api" else "operation_timeout")
        except RequestFailed as failure:
            acknowledged = Acknowledged(problem=str(failure) if kind == "events_api" else "dispatch_failed")
        except ConnectionError:
            acknowledged = Acknowledged(problem="connection_failed" if kind == "events_api" else "dispatch_failed")
        self._journal.write(
            NETWORK,
            "delivered",
            kind=kind,
            type=str(payload.get("event", {}).get("type") or payload.get("type") or payload.get("command")),
            milliseconds=round((time.monotonic() - started) * 1_000, 1),
            attempt=retry[0] if retry else 0,
            problem=acknowledged.problem,
            body=acknowledged.body,
        )
        return acknowledged

    async def _send(self, kind: str, payload: Json, retry: tuple[int, str] | None) -> Json:
        seconds = self._settings.ack_seconds
        if url := self._settings.request_url:
            return await self.http.deliver(url, kind, payload, seconds, retry)
        return await self.sockets.deliver(kind, payload, seconds, retry)
