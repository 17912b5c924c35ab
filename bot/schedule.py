"""When a post goes out: what a person writes ("tomorrow 9:00", "mon 14:30", an ISO time) to one moment in UTC."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.records import Records
    from bot.records.tables import SlotRow

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

FORMS = 'write "tomorrow 9:00", "mon 14:30", "in 2 hours" or an ISO time such as 2026-12-01T09:00'

CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>am|pm)?")
RELATIVE = re.compile(r"in (?P<number>\d{1,4}) (?P<unit>minute|hour|day)s?")

FARTHEST = timedelta(days=366)
"""A time farther away is taken for a slip of the keyboard."""


@dataclass(frozen=True)
class Timing:
    """When a post goes out: at a time, in each account's next free slot, or (neither) as soon as it is approved."""

    at: datetime | None = None
    slot: bool = False


def parse_time(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment, in UTC, that `text` means to a person in `zone` at `now`.

    A clock time that a change to summer time leaps over is moved forward by the leap; of one that happens twice, the
    first is meant.

    Raises:
        Misuse: if it cannot be understood, lies in the past, or more than a year ahead.
    """
    moment = understood(text.strip().lower(), zone, now.astimezone(zone))
    if moment is None:
        raise Misuse(f"The time {text!r} is not understood: {FORMS}.")
    moment = moment.astimezone(UTC)
    if moment <= now:
        raise Misuse(f"The time {text!r} ({moment.astimezone(zone):%Y-%m-%d %H:%M %Z}) is in the past.")
    if moment > now + FARTHEST:
        raise Misuse(f"The time {text!r} is more than a year away.")
    return moment


def understood(text: str, zone: ZoneInfo, here: datetime) -> datetime | None:
    """`text` as an aware time, or None."""
    if match := RELATIVE.fullmatch(text):
        return here.astimezone(UTC) + timedelta(**{match["unit"] + "s": int(match["number"])})
    day_word, _, clock_text = text.partition(" ")
    if day_word in ("today", "tomorrow") and (clock := parse_clock(clock_text)):
        day = here.date() + timedelta(days=day_word == "tomorrow")
        return existing(datetime.combine(day, clock), zone)
    if day_word[:3] in WEEKDAYS and (clock := parse_clock(clock_text)):
        ahead = (WEEKDAYS.index(day_word[:3]) - here.weekday()) % 7
        moment = existing(datetime.combine(here.date() + timedelta(days=ahead), clock), zone)
        if moment <= here:
            moment = existing(datetime.combine(here.date() + timedelta(days=ahead + 7), clock), zone)
        return moment
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return moment if moment.tzinfo else existing(moment, zone)


def parse_clock(text: str) -> time | None:
    """A time of day such as 9:00, 14.30, 9am."""
    match = CLOCK.fullmatch(text.strip())
    if not match or not (match["minute"] or match["half"]):
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def existing(local: datetime, zone: ZoneInfo) -> datetime:
    """`local` in `zone`; a time in the gap of a clock change moves forward by the gap."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def next_free_slot(records: Records, network: str, account: str, now: datetime) -> datetime:
    """The next weekly slot of an account at which nothing is planned yet.

    Raises:
        Misuse: if the account has no slots.
    """
    slots = records.slots(network, account)
    if not slots:
        raise Misuse(f"The {network} account {account} has no weekly slots. `easel slots add` gives it some.")
    taken = records.taken_times(network, account, now)
    return next(moment for moment in slot_times(slots, now) if moment not in taken)


def slot_times(slots: Collection[SlotRow], now: datetime) -> Iterator[datetime]:
    """The moments, in UTC and in order, at which weekly slots come up after `now`, without end.

    A slot keeps its clock time in its own zone when the clocks change; one that the change leaps over moves forward
    by the leap, and one that happens twice is meant the first time.
    """
    zones = {slot.timezone: ZoneInfo(slot.timezone) for slot in slots}
    day = now.astimezone(UTC).date() - timedelta(days=1)
    held: list[datetime] = []
    while True:
        for slot in slots:
            if slot.weekday == day.weekday():
                local = datetime.combine(day, time.fromisoformat(slot.at))
                held.append(existing(local, zones[slot.timezone]).astimezone(UTC))
        day += timedelta(days=1)
        # A zone is at most 14 hours from UTC, so nothing earlier than this can still come up.
        sure = datetime.combine(day, time(), UTC) - timedelta(hours=14)
        for moment in sorted(moment for moment in held if moment < sure):
            if moment > now:
                yield moment
        held = [moment for moment in held if moment >= sure]


def parse_slot(text: str) -> tuple[int, str]:
    """The weekday (0 is Monday) and the clock time of a slot such as "mon 14:30".

    Raises:
        Misuse: if it is not understood.
    """
    day_word, _, clock_text = text.strip().lower().partition(" ")
    clock = parse_clock(clock_text)
    if day_word[:3] not in WEEKDAYS or clock is None:
        raise Misuse(f'The slot {text!r} is not understood: write a weekday and a time such as "mon 14:30".')
    return WEEKDAYS.index(day_word[:3]), clock.strftime("%H:%M")
