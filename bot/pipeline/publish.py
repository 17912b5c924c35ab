"""Publishing within this process, for a terminal that waits; `easel serve` does the rest."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.records.publications import account_of
from bot.records.states import COMING
from bot.records.tables import PublicationRow

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio

PATIENCE = timedelta(seconds=20)
"""How long a terminal waits for a publication to come to an end before it leaves the rest to `easel serve`."""

POLL_SECONDS = 0.1


def publish(studio: Studio, publication_id: str) -> PublicationRow:
    """Send one planned publication now and follow it to its end; a failure is recorded, not raised.

    A visit that a worker of `easel serve` has taken is its own; its result is waited for. What has not ended within
    `PATIENCE` (a network asks to wait, a lookup must wait) is left to `easel serve`.
    """
    from bot.pipeline.visit import visit

    records = studio.records
    patient_until = datetime.now(UTC) + PATIENCE
    row = records.publication(publication_id)
    while row.state in COMING and row.visit_at <= patient_until and datetime.now(UTC) < patient_until:
        if account_of(row) in records.paused_accounts():
            break
        mine = records.claim_visit(publication_id, row.attempt) if row.visit_at <= datetime.now(UTC) else None
        if mine:
            row = visit(studio, publication_id, mine.attempt)
        else:
            time.sleep(POLL_SECONDS)
            row = records.publication(publication_id)
    return row
