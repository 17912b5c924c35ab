"""Carrying out what was asked for: each row once, by whichever process has it, and again after a crash."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta

from slack_sdk.errors import SlackApiError

from bot.errors import EaselError
from bot.records import Records
from bot.records.tables import RequestRow
from bot.slack.blocks.words import escaped
from bot.slack.composing import LATE_TRIGGERS
from bot.slack.desk import Desk
from bot.slack.home import publish_home
from bot.slack.inbox import Inbox
from generation.errors import GenerationError
from moderation.errors import ModerationError
from publishers import PublishError

CarryOut = Callable[[Desk, RequestRow], Awaitable[None]]

TOLD = (EaselError, GenerationError, ModerationError, PublishError)
"""Errors whose message is for the person who asked."""

TOO_LATE = "That took too long for Slack to open a form. Nothing was changed: press again."

AT_ONCE = 2
"""Requests carried out at the same time: few, so that they hold no acknowledgement up (benchmarks/slack_load.py)."""

SLOW = frozenset({"take_down"})
"""Kinds that mostly wait for a network, for up to a minute: nothing waits behind them."""

LOOK_SECONDS = 1.0
RENEW_SECONDS = 5.0
MOST_ATTEMPTS = 6
KEPT_FOR = timedelta(days=2)
FORGET_SECONDS = 3_600.0

OURS = re.compile(r"(<@[UW][A-Z0-9]+>|`/easel[a-z ]*`)")
PERSON = re.compile(r"\bslack:([UW][A-Z0-9]+)")

log = logging.getLogger("easel.slack")


class Errands:
    """Takes rows from the inbox as they come, and from the records those that a process which is gone left."""

    def __init__(
        self,
        inbox: Inbox,
        records: Records,
        desk_of: Callable[[str], Awaitable[Desk]],
        kinds: Mapping[str, CarryOut],
        workspaces: Callable[[], Collection[str] | None],
    ) -> None:
        self._inbox = inbox
        self._records = records
        self._desk_of = desk_of
        self._kinds = kinds
        self._workspaces = workspaces
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: dict[asyncio.Task[None], RequestRow] = {}

    async def take_what_arrives(self) -> None:
        """Carry out what this process keeps, without end."""
        while True:
            self._start(await self._inbox.arrived.get())

    async def take_what_is_left(self) -> None:
        """Carry out what others left and what was postponed, and forget what is long done; without end."""
        forgot = renewed = float("-inf")
        loop = asyncio.get_running_loop()
        while True:
            with suppress(EaselError):  # the database is busy: the next look tries again
                if loop.time() - renewed > RENEW_SECONDS and self._running:
                    held = [row.id for row in self._running.values()]
                    await asyncio.to_thread(self._records.renew_requests, held)
                    renewed = loop.time()
                if (free := AT_ONCE - sum(row.kind not in SLOW for row in self._running.values())) > 0:
                    for row in await asyncio.to_thread(self._records.claim_requests, free, self._workspaces()):
                        self._start(row)
                if loop.time() - forgot > FORGET_SECONDS:
                    await asyncio.to_thread(self._records.forget_requests, datetime.now(UTC) - KEPT_FOR)
                    forgot = loop.time()
            await asyncio.sleep(LOOK_SECONDS)

    def _start(self, row: RequestRow) -> None:
        """Begin at once, so that the lease is renewed while the row waits for its turn too."""
        task = asyncio.create_task(self._in_turn(row))
        self._running[task] = row
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        if not task.cancelled() and (error := task.exception()):
            log.error("A request could not be noted as carried out: %s", error)

    async def finish(self, seconds: float) -> None:
        """Let what runs end within the time; the rest is taken up by the next process."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in self._running:
            task.cancel()

    async def _in_turn(self, row: RequestRow) -> None:
        async with nullcontext() if row.kind in SLOW else self._slots:
            await self._carry_out(row)

    async def _carry_out(self, row: RequestRow) -> None:
        done = self._records
        try:
            desk = await self._desk_of(row.workspace)
            try:
                await self._kinds[row.kind](desk, row)
            except TOLD as error:
                await desk.tell(row, for_person(str(error)))
            except SlackApiError as error:
                if error.response.get("error") not in LATE_TRIGGERS:
                    raise
                await desk.tell(row, TOO_LATE)
            if (row.body.get("view") or {}).get("kind") == "home":
                await publish_home(desk, row.body["user"])
        except Exception as error:  # noqa: BLE001 - whatever it is, the row stays and is tried again
            why = reason(error)
            log.warning("Request %s (%s) was not carried out: %s", row.id, row.kind, why)
            if row.attempts >= MOST_ATTEMPTS:
                await asyncio.to_thread(done.finish_request, row.id, why)
            else:
                until = datetime.now(UTC) + timedelta(seconds=2**row.attempts)
                await asyncio.to_thread(done.postpone_request, row.id, until, why)
            return
        await asyncio.to_thread(done.finish_request, row.id)


def reason(error: Exception) -> str:
    """What went wrong in one line, without anything secret: Slack's error name, or what kind of error it was."""
    if isinstance(error, SlackApiError):
        details = (error.response.get("response_metadata") or {}).get("messages") or []
        return " ".join([f"Slack said {error.response.get('error', 'nothing')}", *map(str, details[:2])])[:500]
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def for_person(text: str) -> str:
    """An error's message for Slack: harmless, but for commands and for people, whom the records name by their id."""
    parts = OURS.split(text)
    shown = "".join(part if index % 2 else escaped(part) for index, part in enumerate(parts))
    return PERSON.sub(r"<@\1>", shown)
