"""What each answer of a network leads to, with the real clients against the local networks."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Refused
from bot.pipeline.publish import publish
from bot.pipeline.visit import visit
from bot.records import PublicationState
from tests.bot.conftest import times_posted, unique

X_POSTS = {"network": "x", "method": "POST", "path": "/2/tweets"}
LINKEDIN_POSTS = {"network": "linkedin", "method": "POST", "path": "/rest/posts"}


@pytest.fixture
def home(home, monkeypatch):
    monkeypatch.setenv("EASEL_SETTLE_SECONDS", "0.2")
    return home


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        ({"do": "drop", "acted": True}, 1),
        ({"do": "half"}, 1),
        ({"do": "corrupt", "acted": True}, 1),
        ({"do": "status", "status": 503, "acted": True}, 1),
        ({"do": "drop", "acted": False}, 2),
        ({"do": "status", "status": 500, "acted": False}, 2),
    ],
)
def test_an_unknown_outcome_is_looked_up_and_the_post_is_there_once(studio, approve, networks, connect, fault, tries):
    connect("x", "1001")
    [row] = approve(unique("hello"))
    networks.arm(**X_POSTS, **fault)
    row = publish(studio, row.id)
    assert (row.state, row.tries, row.error) == ("published", tries, None)
    assert row.url.startswith(networks.x)
    assert times_posted(networks, row.text) == 1


def test_a_network_that_asks_to_wait_is_obeyed_and_the_place_kept(studio, approve, networks, connect):
    connect("x", "1001")
    [row] = approve(unique("hello"))
    networks.arm(**X_POSTS, do="status", status=429, headers={"retry-after": "120"})
    row = publish(studio, row.id)
    assert (row.state, row.tries) == ("planned", 0)
    assert row.visit_at > datetime.now(UTC) + timedelta(seconds=100)
    assert "slow down" in row.error
    assert row.due_at < row.visit_at


@pytest.mark.parametrize(("status", "told"), [(402, "credit"), (426, "version")])
def test_trouble_with_the_account_pauses_it_and_its_posts_wait(studio, approve, networks, connect, status, told):
    account = connect("x", "1001")
    [row] = approve(unique("hello"))
    networks.arm(**X_POSTS, do="status", status=status)
    row = publish(studio, row.id)
    assert (row.state, row.tries) == ("planned", 0)
    [paused] = studio.records.accounts()
    assert (paused.id, paused.state) == (account.id, "paused")
    assert told in paused.notice
    connect("x", "1001")
    assert publish(studio, row.id).state == "published"
    assert times_posted(networks, row.text) == 1


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_refusal_of_the_post_itself_fails_it_with_the_networks_words(studio, approve, networks, connect, status):
    connect("x", "1001")
    [row] = approve(unique("hello"))
    networks.arm(**X_POSTS, do="status", status=status, body={"detail": "because I say so"})
    row = publish(studio, row.id)
    assert row.state == "failed"
    assert "because I say so" in row.error
    assert times_posted(networks, row.text) == 0


def test_linkedins_duplicate_answer_is_the_post_itself(studio, approve, networks, connect):
    connect("linkedin", "organization")
    text = unique("hello")
    [first] = approve(text, networks=("linkedin",))
    first = publish(studio, first.id)
    [second] = approve(text, networks=("linkedin",))
    second = publish(studio, second.id)
    assert (second.state, second.remote_id) == ("published", first.remote_id)
    assert times_posted(networks, text) == 1


def test_where_nobody_can_know_a_person_is_asked_and_their_word_counts(studio, approve, networks, connect):
    connect("linkedin", "person")
    rows = [approve(unique("hello"), networks=("linkedin",), pictures=0)[0] for _ in range(2)]
    asked = []
    for row, acted in zip(rows, (True, False), strict=True):
        networks.arm(**LINKEDIN_POSTS, do="drop", acted=acted)
        asked.append(publish(studio, row.id))
    assert [row.state for row in asked] == ["needs_confirmation", "needs_confirmation"]
    assert studio.records.confirm(rows[0].id, True, "ana", "https://example.org/1").state == "published"
    studio.records.confirm(rows[1].id, False, "ana")
    assert publish(studio, rows[1].id).state == "published"
    assert [times_posted(networks, row.text) for row in rows] == [1, 1]


def test_a_word_about_an_earlier_request_to_post_does_not_count(studio, approve):
    records, [row] = studio.records, approve("hello")
    for attempt in (1, 2):
        if attempt == 2:
            records.confirm(row.id, False, "ana", attempt=1)
        records.begin_publishing(row.id, attempt)
        records.finish_visit(row.id, attempt, PublicationState.NEEDS_CONFIRMATION, "nobody knows")
    with pytest.raises(Refused, match="attempt 2, not 1"):
        records.confirm(row.id, True, "ben", attempt=1)
    assert records.publication(row.id).state == "needs_confirmation"


def test_an_ended_token_is_renewed_once_and_the_new_one_kept(studio, approve, networks, connect):
    account = connect("x")
    before = studio.records.credentials(account.id)
    networks.end_access("x")
    [row] = approve(unique("hello"))
    assert publish(studio, row.id).state == "published"
    assert studio.records.credentials(account.id) != before
    networks.end_access("x")
    [row] = approve(unique("hello again"))
    assert publish(studio, row.id).state == "published"


def test_a_post_whose_time_was_missed_by_long_asks_and_by_little_goes_out(studio, approve):
    now = datetime.now(UTC)
    [late] = approve("an hour late", due_at=now - timedelta(minutes=60))
    [too_late] = approve("three hours late", due_at=now - timedelta(hours=3))
    assert publish(studio, late.id).state == "published"
    missed = publish(studio, too_late.id)
    assert (missed.state, missed.error) == ("missed", "its time was missed by 3 hours")
    studio.records.reschedule(too_late.id, datetime.now(UTC), "ana", "now")
    assert publish(studio, too_late.id).state == "published"


def test_of_two_visits_at_the_same_time_one_sends(studio, approve, networks, connect):
    from concurrent.futures import ThreadPoolExecutor

    connect("x", "1001")
    for _ in range(5):
        [row] = approve(unique("hello"))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: visit(studio, row.id, 1), range(4)))  # noqa: B023
        assert publish(studio, row.id).state == "published"
        assert times_posted(networks, row.text) == 1
