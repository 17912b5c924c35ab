"""What people write as a time, in their zone, also where the clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import Misuse
from bot.schedule import parse_time

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday, 16:00 in Madrid


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow 9:00", "2026-11-21T08:00"),
        ("Tomorrow 9am", "2026-11-21T08:00"),
        ("today 17.30", "2026-11-20T16:30"),
        ("mon 14:30", "2026-11-23T13:30"),
        ("Friday 14:30", "2026-11-27T13:30"),
        ("fri 16:01", "2026-11-20T15:01"),
        ("in 2 hours", "2026-11-20T17:00"),
        ("in 1 day", "2026-11-21T15:00"),
        ("2026-12-01T09:00", "2026-12-01T08:00"),
        ("2026-12-01 09:00", "2026-12-01T08:00"),
        ("2026-12-01T09:00Z", "2026-12-01T09:00"),
        ("2026-12-01T09:00+02:00", "2026-12-01T07:00"),
        ("12:00 is no day", None),
    ],
)
def test_a_time_is_meant_in_the_persons_zone(text, expected):
    if expected is None:
        with pytest.raises(Misuse, match="not understood"):
            parse_time(text, MADRID, NOW)
    else:
        assert parse_time(text, MADRID, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "tomorrow", "tomorrow 25:00", "tomorrow 13pm", "mon", "9:00", "🔥"])
def test_what_is_not_understood_says_how_to_write_it(text):
    with pytest.raises(Misuse, match='write "tomorrow 9:00"'):
        parse_time(text, MADRID, NOW)


@pytest.mark.parametrize("text", ["2026-11-20T15:59", "today 9:00", "2020-01-01"])
def test_a_time_in_the_past_is_refused(text):
    with pytest.raises(Misuse, match="in the past"):
        parse_time(text, MADRID, NOW)


def test_a_time_years_away_is_taken_for_a_slip():
    with pytest.raises(Misuse, match="more than a year away"):
        parse_time("2062-12-01T09:00", MADRID, NOW)


def test_a_clock_time_that_summer_time_leaps_over_moves_forward_by_the_leap():
    now = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    moment = parse_time("tomorrow 2:30", MADRID, now)
    assert moment.astimezone(MADRID).strftime("%H:%M") == "03:30"


def test_of_a_clock_time_that_happens_twice_the_first_is_meant():
    now = datetime(2027, 10, 30, 12, 0, tzinfo=UTC)
    assert parse_time("tomorrow 2:30", MADRID, now) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
