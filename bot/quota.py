"""How many drawings a person may ask for in a day: each post is one, and so is each time it is drawn again."""

from __future__ import annotations

from datetime import UTC, datetime, time

from bot.errors import Misuse
from bot.records import Records
from bot.settings import Settings


def refuse_over_quota(records: Records, settings: Settings, person: str) -> None:
    """Raise Misuse if the person has asked for as many drawings today, in the settings' zone, as the quota allows."""
    if not settings.daily_quota:
        return
    today = datetime.now(settings.zone).date()
    midnight = datetime.combine(today, time(), settings.zone).astimezone(UTC)
    asked = records.drawings_since(person, midnight)
    if asked >= settings.daily_quota:
        raise Misuse(
            f"{person} has asked for pictures {asked} {'time' if asked == 1 else 'times'} today, which is the quota. "
            f"It begins anew at midnight, {settings.zone.key}; the setting daily_quota changes it."
        )
