"""How many posts a person may have drawn in a day."""

from __future__ import annotations

from datetime import UTC, datetime, time

from bot.errors import Misuse
from bot.records import Records
from bot.settings import Settings


def refuse_over_quota(records: Records, settings: Settings, person: str) -> None:
    """Raise Misuse if the person has asked for as many posts today, in the settings' zone, as the quota allows."""
    if not settings.daily_quota:
        return
    today = datetime.now(settings.zone).date()
    midnight = datetime.combine(today, time(), settings.zone).astimezone(UTC)
    asked = records.posts_since(person, midnight)
    if asked >= settings.daily_quota:
        raise Misuse(
            f"{person} has asked for {asked} posts today, which is the quota. It begins anew at midnight, "
            f"{settings.zone.key}; the setting daily_quota changes it."
        )
