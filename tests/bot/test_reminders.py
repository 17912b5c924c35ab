"""Who waits too long is reminded, once for each time that it is due, and a review that nobody decides is given up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.pipeline.reminders import remind
from bot.records import PostState, Records, open_database
from bot.settings import Settings, load_settings


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'easel.db'}"
    engine = open_database(sqlite if request.param == "sqlite" else request.getfixturevalue("postgresql_url"))
    yield Records(engine, "team one")
    engine.dispose()


@pytest.fixture
def settings(home):
    return load_settings()


def in_review(records):
    post = records.create_post("ana", "hello", ["x"], None, "UTC")
    records.move_post(post.id, PostState.PREPARING, "ana", "preparing", expected=PostState.DRAFTED)
    records.move_post(post.id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
    return post.id


def after(**span):
    return datetime.now(UTC) + timedelta(**span)


def reminders(records, subject):
    return [row.why for row in records.audit(subject) if row.to_state == "reminded"]


def test_a_review_reminds_every_day_in_whatever_workspace(records, settings):
    post_id = in_review(records)
    everywhere = records.in_workspace("easel")
    for hours in (23, 25, 26, 49, 50):
        remind(everywhere, settings, after(hours=hours))
    assert reminders(records, post_id) == ["waits for a decision for 25 hours", "waits for a decision for 2 days"]
    assert records.audit(post_id)[-1].workspace == "team one"
    assert records.post(post_id).state == "review"


def test_an_edit_begins_the_wait_anew(records, settings):
    post_id = in_review(records)
    with records.transaction() as session:
        for row in records.audit(post_id):
            session.merge(row).at = after(hours=-20)
    records.edit_post(post_id, "ana", "other words", draft="other words")
    assert remind(records, settings, after(hours=5)) == 0


def test_a_review_that_nobody_decides_is_rejected_after_a_week(records, settings):
    post_id = in_review(records)
    decided = in_review(records)
    records.move_post(decided, PostState.REJECTED, "ben", "no", expected=PostState.REVIEW)
    remind(records, settings, after(days=7, minutes=1))
    last = records.audit(post_id)[-1]
    assert (last.person, last.to_state, last.why) == ("easel", "rejected", "nobody decided within 7 days")
    assert records.audit(decided)[-1].person == "ben"


def test_zero_hours_turn_it_off(records, settings):
    post_id = in_review(records)
    off = settings.model_copy(update={"review_reminder_hours": 0, "review_expiry_hours": 0})
    assert remind(records, off, after(days=300)) == 0
    only_expiry = off.model_copy(update={"review_expiry_hours": 48})
    assert remind(records, only_expiry, after(hours=47)) == 0
    assert remind(records, only_expiry, after(hours=49)) == 1
    assert records.post(post_id).state == "rejected"


def test_of_many_workers_one_reminds(records, settings):
    post_id = in_review(records)
    moment = after(hours=25)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: remind(records, settings, moment), range(8))) == 1
    assert len(reminders(records, post_id)) == 1


def test_a_token_that_only_a_person_can_renew_reminds_two_weeks_a_week_and_a_day_before(records, settings):
    ends = datetime.now(UTC) + timedelta(days=60)
    account = records.add_account("linkedin", "ada", "ana", {}, "sealed", ends)
    records.add_account("x", "main", "ana", {}, "sealed", None)
    for days in (20, 13.5, 13, 8, 6.5, 2, 0.5, 0.4, -1):
        remind(records, settings, ends - timedelta(days=days))
    assert [why.partition(" (")[0] for why in reminders(records, account.id)] == [
        "the token ends in 14 days",
        "the token ends in 7 days",
        "the token ends in 1 day",
    ]
    assert "connect the account again" in records.account("linkedin", "ada").notice


def test_a_token_that_was_replaced_reminds_of_its_own_end(records, settings):
    ends = datetime.now(UTC) + timedelta(days=10)
    account = records.add_account("linkedin", "ada", "ana", {}, "sealed", ends)
    assert remind(records, settings, datetime.now(UTC)) == 1
    records.add_account("linkedin", "ada", "ana", {}, "sealed", ends + timedelta(days=60))
    assert remind(records, settings, datetime.now(UTC)) == 0
    assert remind(records, settings, ends + timedelta(days=50)) == 1
    assert len(reminders(records, account.id)) == 2


def test_hours_below_zero_are_refused(home):
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        Settings(review_reminder_hours=-1)


def test_a_reminder_does_not_outdate_what_a_person_is_looking_at(records, settings):
    post_id = in_review(records)
    seen = records.version(post_id)
    assert remind(records, settings, after(hours=25)) == 1
    records.move_post(post_id, PostState.REJECTED, "ben", "no", expected=PostState.REVIEW, version=seen)
