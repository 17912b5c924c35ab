"""The sweep: hands to the queue what was asked for and is not in it, whatever crash or process left it so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.records import Records
from bot.records.tables import PublicationRow

BATCH = 200
MOST_BATCHES = 5
"""Of one sweep, so that a worker which takes over thousands of planned posts still shows that it is alive."""

ORPHANED_AFTER = timedelta(seconds=120)
"""A visit this long past its time is looked after. Longer than any request takes (60 s), so that a terminal that is
still sending is not taken for gone."""

GONE_AFTER = timedelta(seconds=60)
"""A worker not seen for this long is gone; it shows itself every few seconds."""

RUNNING = "PENDING"
WAITING = ("ENQUEUED", "DELAYED")


class Queue(Protocol):
    """What a sweep needs of the durable work."""

    def enqueue_visits(self, rows: list[PublicationRow]) -> None:
        """Put visits into the queue; those that are there stay."""

    def visit_status(self, row: PublicationRow) -> tuple[str, str | None] | None:
        """The state of the visit in the queue and the worker that makes it; None if it is not there."""


def sweep(records: Records, queue: Queue) -> int:
    """Hand over the visits that are asked for, the most urgent first, save those of paused accounts; how many."""
    paused = records.paused_accounts()
    count = 0
    for _ in range(MOST_BATCHES):
        rows = records.to_enqueue(BATCH, skip=paused)
        if not rows:
            break
        queue.enqueue_visits(rows)
        records.mark_enqueued([(row.id, row.attempt) for row in rows])
        count += len(rows)
    return count


def look_after_orphans(records: Records, queue: Queue) -> int:
    """Ask anew for visits that should long have been made and that nobody is making; how many there were."""
    now = datetime.now(UTC)
    alive = {worker.name for worker in records.workers() if worker.seen_at > now - GONE_AFTER}
    count = 0
    for row in records.overdue(now - ORPHANED_AFTER, BATCH):
        status, worker = queue.visit_status(row) or ("", None)
        if status in WAITING or (status == RUNNING and worker in alive):
            continue
        records.give_up_visit(row.id, row.attempt, "the worker that had it is gone")
        count += 1
    return count
