"""What the Slack bot remembers: requests kept once, drawings ordered once, threads that show what happened."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Refused
from bot.records import PostState, Records, open_database
from bot.records.options import PostOptions
from bot.records.values import NewPost, short_id

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'easel.db'}"
    engine = open_database(sqlite if request.param == "sqlite" else request.getfixturevalue("postgresql_url"))
    yield Records(engine, "T1")
    engine.dispose()


def start(records, name="one", seeds=(1, 2)):
    post_id = short_id("post", name)
    options = PostOptions(count=2, negative=("rain",), accounts=(("x", "main"),))
    made = records.start_post(post_id, NewPost("slack:UR", "hello", ["x"], options=options), seeds, "C1")
    return post_id, made


def to_review(records, post_id):
    records.move_post(post_id, PostState.PREPARING, "easel", "preparing", expected=PostState.DRAFTED)
    records.move_post(post_id, PostState.REVIEW, "easel", "candidates are ready", expected=PostState.PREPARING)
    records.end_drawing(post_id, [1, 2])


def test_a_request_delivered_many_times_at_once_is_kept_once(records):
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda _: records.keep_request("key", "again", "slack:U1", {"a": 1}), range(8)))
    assert [row.body for row in kept if row] == [{"a": 1}]
    assert records.claim_requests(10) == []  # the process that kept it has it


def test_a_request_whose_process_died_is_taken_up_by_one_other(records):
    row = records.keep_request("key", "again", "slack:U1", {})
    records.postpone_request(row.id, datetime.now(UTC), "as if its lease had ended")
    with ThreadPoolExecutor(4) as pool:
        claimed = [row for rows in pool.map(lambda _: records.claim_requests(10), range(8)) for row in rows]
    assert [(again.key, again.attempts) for again in claimed] == [("key", 2)]
    records.finish_request(row.id)
    records.postpone_request(row.id, datetime.now(UTC), "")
    assert records.claim_requests(10) == []


def test_a_post_started_twice_is_one_post_with_one_drawing_and_one_thread(records):
    post_id, made = start(records)
    assert made
    assert start(records) == (post_id, False)
    assert PostOptions.from_dict(records.post(post_id).options) == PostOptions(
        count=2, negative=("rain",), accounts=(("x", "main"),)
    )
    assert [row.seeds for row in records.drawings()] == [[1, 2]]
    assert records.thread(post_id).channel == "C1"


def test_again_is_ordered_once_and_not_from_an_old_message(records):
    post_id, _ = start(records)
    to_review(records, post_id)
    seen = records.version(post_id)
    records.order_drawing(post_id, "slack:U1", [3], "asked for new pictures", version=seen)
    with pytest.raises(Refused, match="moved on"):
        records.order_drawing(post_id, "slack:U1", [4], "asked for new pictures", version=seen)
    with pytest.raises(Refused, match="already"):
        records.order_drawing(post_id, "slack:U1", [4], "asked for new pictures")


def test_an_approval_of_what_has_changed_since_is_refused(records):
    post_id, _ = start(records)
    to_review(records, post_id)
    seen = records.version(post_id)
    records.edit_post(post_id, "slack:U2", "edited", draft="other words", version=seen)
    with pytest.raises(Refused, match="slack:U2 edited"):
        records.move_post(post_id, PostState.REJECTED, "slack:U1", "no", expected=PostState.REVIEW, version=seen)
    assert records.post(post_id).state == "review"


def test_a_thread_is_to_be_shown_until_it_shows_the_last_news_and_is_held_by_one(records):
    post_id, _ = start(records)
    to_review(records, post_id)
    assert [row.post_id for row in records.threads_to_show(LONG_AGO)] == [post_id]
    assert records.lease_thread(post_id, "one", timedelta(seconds=30)) is not None
    assert records.lease_thread(post_id, "two", timedelta(seconds=30)) is None
    assert not records.save_thread(post_id, "two", shown_audit=99)
    records.save_thread(post_id, "one", shown_audit=records.newest_audit(post_id), leased_until=datetime.now(UTC))
    assert records.threads_to_show(LONG_AGO) == []
    assert records.lease_thread(post_id, "two", timedelta(seconds=30)) is not None


def test_a_drawing_has_an_honest_place(records):
    first, _ = start(records, "one")
    second, _ = start(records, "two")
    assert records.drawings_before(records.drawing(first)) == 0
    assert records.drawings_before(records.drawing(second)) == 1
    records.end_drawing(first, [9])
    assert records.drawings_before(records.drawing(second)) == 1
    records.end_drawing(first, [1, 2])
    assert records.drawings_before(records.drawing(second)) == 0


def test_rules_are_kept_by_place_and_are_in_the_audit(records):
    records.set_rules("", {"approvers": ["UA"], "two_people": True}, "slack:UB", "set in Slack")
    records.set_rules("C1", {"approvers": ["UC"]}, "slack:UB", "set in Slack")
    everywhere = {"approvers": ["UA"], "two_people": True}
    assert records.rules("C1") == {"": everywhere, "C1": {"approvers": ["UC"]}}
    assert records.rules("C2") == {"": everywhere}
    assert [row.person for row in records.audit(short_id("rules", "C1"))] == ["slack:UB"]
