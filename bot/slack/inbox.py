"""What people asked for, kept as one row each before Slack is told that it arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bot.records import Records
from bot.records.tables import RequestRow


@dataclass(frozen=True)
class Asked:
    """One thing asked for: `key` is made of Slack's ids, `user` is Slack's member id, `team` the workspace's."""

    key: str
    kind: str
    team: str
    user: str
    body: Mapping[str, Any] = field(default_factory=dict)


class Inbox:
    """Writes rows one after the other in a thread of its own, and hands each to whoever carries it out."""

    def __init__(self, records_of: Callable[[str], Records]) -> None:
        self.arrived: asyncio.Queue[RequestRow] = asyncio.Queue()
        self._records_of = records_of
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="inbox")

    async def keep(self, asked: Asked) -> None:
        """Keep what was asked; a delivery that is repeated changes nothing."""
        loop = asyncio.get_running_loop()
        row = await loop.run_in_executor(self._writer, self._write, asked)
        if row is not None:
            self.arrived.put_nowait(row)

    async def find(self, team: str, key: str) -> RequestRow | None:
        """What was kept under a key."""
        return await asyncio.to_thread(self._records_of(team).request, key)

    def _write(self, asked: Asked) -> RequestRow | None:
        return self._records_of(asked.team).keep_request(asked.key, asked.kind, person_of(asked.user), asked.body)


def person_of(user: str) -> str:
    """A Slack member as the records name people."""
    return f"slack:{user}"


def user_of(person: str) -> str:
    """The Slack member id of a person in the records; empty for one who is not from Slack."""
    kind, _, user = person.partition(":")
    return user if kind == "slack" else ""
