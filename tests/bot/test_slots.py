"""Weekly slots: the next free one, across changes of the clock, and what `easel` commands make of the plan."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from bot.errors import Misuse
from bot.records.tables import SlotRow
from bot.schedule import next_free_slot, parse_slot, slot_times


def slot(weekday, at, zone="Europe/Madrid"):
    return SlotRow(weekday=weekday, at=at, timezone=zone)


def local_times(slots, now, count, zone="Europe/Madrid"):
    moments = islice(slot_times(slots, now), count)
    return [moment.astimezone(ZoneInfo(zone)).strftime("%a %d %H:%M %Z") for moment in moments]


def test_slots_come_in_order_week_after_week():
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday
    slots = [slot(0, "09:00"), slot(4, "16:00"), slot(4, "16:01")]
    expected = ["Fri 20 16:01 CET", "Mon 23 09:00 CET", "Fri 27 16:00 CET", "Fri 27 16:01 CET"]
    assert local_times(slots, now, 4) == expected


def test_a_slot_keeps_its_clock_time_when_the_clocks_change():
    before_winter = datetime(2026, 10, 20, tzinfo=UTC)
    assert local_times([slot(5, "09:00")], before_winter, 2) == ["Sat 24 09:00 CEST", "Sat 31 09:00 CET"]


def test_a_slot_that_summer_time_leaps_over_moves_forward_and_one_that_comes_twice_is_used_once():
    spring = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    assert local_times([slot(6, "02:30")], spring, 2) == ["Sun 28 03:30 CEST", "Sun 04 02:30 CEST"]
    autumn = datetime(2027, 10, 30, 12, 0, tzinfo=UTC)
    assert local_times([slot(6, "02:30")], autumn, 2) == ["Sun 31 02:30 CEST", "Sun 07 02:30 CET"]


def test_slots_of_far_apart_zones_come_in_the_order_of_their_moments():
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    slots = [slot(0, "00:30", "Pacific/Kiritimati"), slot(6, "23:30", "Pacific/Pago_Pago"), slot(0, "00:30", "UTC")]
    moments = list(islice(slot_times(slots, now), 12))
    assert moments == sorted(moments)
    assert moments[0] == datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(("text", "expected"), [("mon 14:30", (0, "14:30")), ("Sunday 9am", (6, "09:00"))])
def test_a_slot_is_written_like_a_time(text, expected):
    assert parse_slot(text) == expected


@pytest.mark.parametrize("text", ["", "mon", "9:00", "someday 9:00", "mon 25:00"])
def test_what_is_no_slot_says_how_to_write_one(text):
    with pytest.raises(Misuse, match='such as "mon 14:30"'):
        parse_slot(text)


def test_posts_for_the_next_slot_take_one_each_and_a_cancelled_one_frees_it(studio, approve):
    for weekday in range(7):
        studio.records.add_slot("x", "outbox", weekday, "09:00", "Europe/Madrid")
    rows = [approve(f"post {number}", next_slot=True)[0] for number in range(3)]
    first, second, third = [row.due_at for row in rows]
    assert (second - first, third - second) == (timedelta(days=1), timedelta(days=1))
    studio.records.cancel(rows[1].id, "ana", "no")
    assert next_free_slot(studio.records, "x", "outbox", datetime.now(UTC)) == second


def test_without_slots_it_says_how_to_add_some(studio, approve):
    with pytest.raises(Misuse, match="easel slots add"):
        approve("hello", next_slot=True)


class TestQueueCommand:
    def test_the_plan_is_listed_moved_cancelled_and_sent_now(self, easel, studio, approve):
        later = datetime.now(UTC) + timedelta(hours=3)
        [moved], [cancelled], [sent] = [approve(text, due_at=later) for text in ("move me", "stop me", "send me")]
        listed = easel("queue").stdout.decode()
        assert all(text in listed for text in ("move me", "stop me", "send me"))
        assert easel("reschedule", moved.post_id, "--at", "2027-05-01T09:00Z").returncode == 0
        assert easel("cancel", cancelled.post_id).returncode == 0
        assert easel("publish", sent.post_id).returncode == 0
        states = [studio.records.publication(row.id).state for row in (moved, cancelled, sent)]
        assert states == ["planned", "cancelled", "published"]
        assert studio.records.publication(moved.id).due_at == datetime(2027, 5, 1, 9, tzinfo=UTC)
        again = easel("cancel", sent.post_id)
        assert again.returncode == 2
        assert b"x is published" in again.stderr

    def test_a_slot_is_a_time_to_move_to(self, easel, studio, approve):
        [row] = approve("hello", due_at=datetime.now(UTC) + timedelta(hours=1))
        assert b"has no weekly slots" in easel("reschedule", row.post_id, "--at", "slot").stderr
        assert easel("slots", "add", "x", "mon 9:00", "thu 16:30").returncode == 0
        assert easel("reschedule", row.post_id, "--at", "slot").returncode == 0
        due_at = studio.records.publication(row.id).due_at.astimezone(studio.settings.zone)
        assert (due_at.weekday(), due_at.hour) in {(0, 9), (3, 16)}

    def test_what_waits_for_a_person_is_shown_first_with_its_reason(self, easel, studio, approve):
        from bot.records import PublicationState

        [row] = approve("in doubt")
        studio.records.begin_publishing(row.id, 1)
        studio.records.finish_visit(row.id, 1, PublicationState.NEEDS_CONFIRMATION, "asked", error="nobody can know")
        shown = easel("queue").stdout.decode()
        assert "Waits for you" in shown
        assert "nobody can know" in shown
        assert easel("confirm", row.post_id, "--there", "--url", "https://example.org/1").returncode == 0
        assert studio.records.publication(row.id).url == "https://example.org/1"

    @pytest.mark.parametrize("command", ["reschedule", "publish", "cancel", "confirm"])
    @pytest.mark.parametrize("post", ["post_nowhere", "pub_nowhere"])
    def test_what_is_not_there_is_said_in_one_line(self, easel, command, post):
        options = {"reschedule": ["--at", "tomorrow 9:00"], "confirm": ["--there"]}.get(command, [])
        result = easel(command, post, *options)
        assert result.returncode == 2
        assert b"There is no p" in result.stderr
