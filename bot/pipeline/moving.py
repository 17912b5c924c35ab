"""Other times for what is planned, missed or failed."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.records import Records
from bot.records.tables import PublicationRow
from bot.schedule import next_free_slot


def move(
    records: Records, row: PublicationRow, at: datetime | None, person: str, *, attempt: int | None = None
) -> datetime:
    """Move a publication to a time, or (None) into the next free slot of its account; when that is.

    Raises:
        Misuse: the account has no slots.
        Refused: it is on its way or ended; with `attempt`, also if it is not the one that the person saw.
    """
    when = at or next_free_slot(records, row.network, row.account, datetime.now(UTC))
    records.reschedule(row.id, when, person, f"moved to {when:%Y-%m-%d %H:%M} UTC", attempt=attempt)
    return when


def send_now(records: Records, row: PublicationRow, person: str, *, attempt: int | None = None) -> None:
    """Plan a publication for this moment.

    Raises:
        Refused: as `move`.
    """
    records.reschedule(row.id, datetime.now(UTC), person, "published now", attempt=attempt)
