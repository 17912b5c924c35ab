"""Looking for threads that do not say what the records say. News are found by the audit, so also after a crash."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.errors import EaselError
from bot.pipeline.durable import ask_to_draw
from bot.records import Records
from bot.records.tables import ThreadRow
from bot.settings import Settings
from bot.slack.desk import Desk
from bot.slack.errands import reason
from bot.slack.thread import Pace, Thread

LOOK_SECONDS = 0.5
LEASE = timedelta(seconds=90)
"""How long a thread is held at most; the process of the same name takes it up at once."""
RECENT = timedelta(minutes=2)
EVERYTHING = datetime(2000, 1, 1, tzinfo=UTC)
EVERYTHING_SECONDS = 60.0
"""How often all threads are looked at, beyond those to which something happened just now."""

AFTER_TROUBLE_SECONDS = 10.0
BUSY_SECONDS = 1.0

log = logging.getLogger("easel.slack")


class Showing:
    """Looks for news in the records, and shows it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        records: Records,
        desk_of: Callable[[str], Awaitable[Desk]],
        workspaces: Callable[[], Collection[str] | None],
    ) -> None:
        self._name = name
        self._settings = settings
        self._records = records
        self._desk_of = desk_of
        self._workspaces = workspaces
        self._running: dict[str, asyncio.Task[None]] = {}
        self._pace = Pace()

    async def run(self) -> None:
        """Hand drawings over and show news, without end."""
        looked_at_all = float("-inf")
        while True:
            with suppress(EaselError):  # the database is busy: the next look tries again
                await asyncio.to_thread(self._hand_over)
                everything = time.monotonic() - looked_at_all > EVERYTHING_SECONDS
                since = EVERYTHING if everything else datetime.now(UTC) - RECENT
                for row in await asyncio.to_thread(self._records.threads_to_show, since, self._workspaces()):
                    self._start(row)
                if everything:
                    looked_at_all = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)

    async def finish(self, seconds: float) -> None:
        """Let what runs end within the time."""
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=seconds)
        for task in self._running.values():
            task.cancel()

    def _hand_over(self) -> None:
        """Put drawings that were asked for into the queue; each is there once, however often it is put."""
        for row in self._records.drawings(self._workspaces()):
            if not row.handed_over:
                try:
                    ask_to_draw(self._settings, row.post_id, row.seeds, row.person)
                except EaselError:  # no drawing worker was ever started: the thread says that it waits
                    return
                self._records.mark_handed_over(row)

    def _start(self, row: ThreadRow) -> None:
        if row.post_id in self._running or time.monotonic() < self._pace.not_before.get(row.post_id, 0.0):
            return
        task = asyncio.create_task(self._show(row))
        self._running[row.post_id] = task
        task.add_done_callback(lambda _: self._running.pop(row.post_id, None))

    async def _show(self, row: ThreadRow) -> None:
        try:
            desk = await self._desk_of(row.workspace)
            held = await desk.do(desk.records.lease_thread, row.post_id, self._name, LEASE)
            if held is None:
                self._pace.wait(row.post_id, BUSY_SECONDS)
                return
            await Thread(desk, held, self._name, self._pace).show()
        except Exception as error:  # noqa: BLE001 - one thread's trouble must not stop the others
            log.warning("The thread of %s could not be shown: %s", row.post_id, reason(error))
            self._pace.wait(row.post_id, AFTER_TROUBLE_SECONDS)
