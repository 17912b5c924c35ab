"""An edit after approval never goes out unapproved, in whatever state it comes; on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Misuse, Refused
from bot.pipeline.planning import plan
from bot.pipeline.publish import publish
from bot.pipeline.visit import visit
from bot.records import PostState, PublicationState, Records, open_database
from bot.records.values import Planned


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'easel.db'}"
    engine = open_database(sqlite if request.param == "sqlite" else request.getfixturevalue("postgresql_url"))
    yield Records(engine, "local")
    engine.dispose()


PICTURES = (("a" * 64, "a rocket"),)


def in_review(records, text="first words"):
    post = records.create_post("ana", text, ["x", "linkedin"], None, "UTC")
    records.move_post(post.id, PostState.PREPARING, "ana", "preparing", expected=PostState.DRAFTED)
    records.move_post(post.id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
    return post.id


def approved(records, text="first words"):
    post_id = in_review(records, text)
    plans = [Planned(network, "outbox", text, PICTURES) for network in ("x", "linkedin")]
    return post_id, records.approve(post_id, plans, "ana", "yes")


def edit(records, post_id):
    return records.edit_post(post_id, "ben", "other words", draft="other words")


def states(records, post_id):
    return {row.state for row in records.publications(post_id)}


def test_an_edit_of_a_planned_post_takes_it_back_to_review_and_off_the_plan(records):
    post_id, rows = approved(records)
    assert edit(records, post_id).state == "review"
    assert states(records, post_id) == {"cancelled"}
    for row in rows:
        with pytest.raises(Refused):
            records.begin_publishing(row.id, row.attempt)


@pytest.mark.parametrize("state", ["failed", "missed"])
def test_an_edit_of_what_waits_for_a_person_needs_a_new_approval_too(records, state):
    post_id, [row, _] = approved(records)
    records.finish_visit(row.id, 1, PublicationState(state), "for a reason")
    edit(records, post_id)
    assert states(records, post_id) == {"cancelled"}
    with pytest.raises(Refused):
        records.reschedule(row.id, datetime.now(UTC), "ben", "again")


@pytest.mark.parametrize("state", ["publishing", "needs_confirmation"])
def test_what_is_on_its_way_cannot_be_edited_and_says_so(records, state):
    post_id, [row, _] = approved(records)
    records.begin_publishing(row.id, 1)
    if state == "needs_confirmation":
        records.finish_visit(row.id, 1, PublicationState.NEEDS_CONFIRMATION, "nobody knows")
    with pytest.raises(Refused, match=rf"is {state}"):
        edit(records, post_id)
    assert records.post(post_id).draft == "first words"
    assert records.post(post_id).state == "approved"


def test_an_edit_after_one_network_published_holds_back_the_other(records):
    post_id, [first, second] = approved(records)
    records.begin_publishing(first.id, 1)
    records.finish_visit(first.id, 1, PublicationState.PUBLISHED, "published")
    edit(records, post_id)
    assert {row.network: row.state for row in records.publications(post_id)} == {
        first.network: "published",
        second.network: "cancelled",
    }


@pytest.mark.parametrize("state", ["preparing", "rejected", "blocked"])
def test_a_post_that_is_drawn_or_ended_is_not_edited(records, state):
    post = records.create_post("ana", "first words", ["x"], None, "UTC")
    records.move_post(post.id, PostState.PREPARING, "ana", "preparing", expected=PostState.DRAFTED)
    if state == "rejected":
        records.move_post(post.id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
        records.move_post(post.id, PostState.REJECTED, "ana", "no", expected=PostState.REVIEW)
    if state == "blocked":
        records.move_post(post.id, PostState.BLOCKED, "easel", "rude", expected=PostState.PREPARING)
    with pytest.raises(Refused, match=f"is {state}: it cannot be edited"):
        edit(records, post.id)


def test_what_was_approved_withdrawn_and_approved_again_goes_out(records):
    post_id, [old, _] = approved(records)
    records.edit_post(post_id, "ben", "back and forth", draft="first words")
    plans = [Planned(network, "outbox", "first words", PICTURES) for network in ("x", "linkedin")]
    [new, _] = records.approve(post_id, plans, "ana", "yes again")
    assert records.begin_publishing(new.id, 1).state == "publishing"
    with pytest.raises(Refused):
        records.begin_publishing(old.id, 1)


def test_of_an_edit_and_a_send_at_the_same_moment_only_one_gets_through(records):
    for _ in range(15):
        post_id, [row, _] = approved(records)
        with ThreadPoolExecutor(2) as pool:
            sending = pool.submit(records.begin_publishing, row.id, 1)
            editing = pool.submit(edit, records, post_id)
        outcomes = [sending.exception(), editing.exception()]
        assert sum(outcome is None for outcome in outcomes) == 1, outcomes
        assert all(outcome is None or isinstance(outcome, Refused) for outcome in outcomes)


def test_text_of_a_network_goes_there_and_the_draft_elsewhere(studio, approve):
    [row, _] = approve("for all", networks=("x", "linkedin"), due_at=datetime.now(UTC) + timedelta(hours=1))
    studio.records.edit_post(row.post_id, "ana", "own words", texts={"x": "for X"})
    candidates = studio.records.candidates(row.post_id)
    plans = plan(studio, studio.records.post(row.post_id), candidates)
    assert {item.network: item.text for item in plans} == {"x": "for X", "linkedin": "for all"}


def test_a_new_approval_leaves_out_where_the_post_is_already(studio, approve):
    rows = approve("hello", networks=("x", "linkedin"))
    publish(studio, rows[0].id)
    studio.records.edit_post(rows[0].post_id, "ana", "better words", draft="hello again")
    post = studio.records.post(rows[0].post_id)
    candidates = studio.records.candidates(post.id)
    plans = plan(studio, post, candidates)
    assert [item.network for item in plans] == [rows[1].network]
    [second] = studio.records.approve(post.id, plans, "ana", "yes")
    assert publish(studio, second.id).state == "published"
    post = studio.records.edit_post(post.id, "ana", "once more", draft="hello for ever")
    with pytest.raises(Misuse, match="published everywhere"):
        plan(studio, post, candidates)


def test_a_row_changed_behind_the_records_back_is_not_sent(studio, approve):
    [row] = approve("what was seen")
    with studio.records.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE publications SET text = 'something else'")
    assert visit(studio, row.id, 1).state == "failed"
    assert "approve it anew" in studio.records.publication(row.id).error
    assert not (studio.settings.outbox / "x" / row.id).exists()
