"""What is over for long is forgotten with its pictures; what is to come, or may be looked at, stays."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Refused
from bot.pipeline.publish import publish
from bot.records import PostState
from bot.upkeep.retention import retain

LATER = timedelta(days=31)


@pytest.fixture
def studio(studio):
    studio.settings = studio.settings.model_copy(update={"retention_days": 30})
    return studio


def age_pictures(studio):
    for file in studio.settings.pictures.glob("??/*.png"):
        os.utime(file, (0, 0))


def kept(studio, post_id):
    return [post.id for post in studio.records.posts_by("ana") if post.id == post_id] != []


def test_a_published_post_goes_with_all_its_files_and_the_audit_stays(studio, approve):
    [row] = [publish(studio, row.id) for row in approve("hello")]
    age_pictures(studio)
    folder = studio.settings.outbox / "x" / row.id
    assert folder.is_dir()
    would = retain(studio, datetime.now(UTC) + LATER, dry_run=True)
    assert (would.posts, would.pictures) == (1, 1)
    assert kept(studio, row.post_id)
    removed = retain(studio, datetime.now(UTC) + LATER)
    assert removed == would
    assert not kept(studio, row.post_id)
    assert not folder.exists()
    assert list(studio.settings.pictures.glob("??/*.png")) == []
    last = studio.records.audit(row.post_id)[-1]
    assert (last.to_state, last.why) == ("forgotten", "it was over for 30 days")
    assert [item.to_state for item in studio.records.audit(row.id)] == ["planned", "publishing", "published"]


def test_what_is_to_come_or_waits_for_somebody_stays(studio, approve):
    [planned] = approve("later", due_at=datetime.now(UTC) + timedelta(days=90))
    [published, waiting] = approve("half", networks=("x", "linkedin"))
    publish(studio, published.id)
    review = studio.records.create_post("ana", "hello", ["x"], None, "UTC")
    studio.records.move_post(review.id, PostState.PREPARING, "ana", "p", expected=PostState.DRAFTED)
    studio.records.move_post(review.id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
    assert retain(studio, datetime.now(UTC) + LATER).posts == 0
    assert all(kept(studio, post_id) for post_id in (planned.post_id, waiting.post_id, review.id))
    with pytest.raises(Refused, match="is planned: it cannot be forgotten now"):
        studio.records.forget_post(planned.post_id, "easel", "by mistake")


def test_what_happened_lately_counts_also_on_a_publication(studio, approve):
    [row] = [publish(studio, row.id) for row in approve("hello")]
    assert retain(studio, datetime.now(UTC) + timedelta(days=29)).posts == 0
    with studio.records.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE posts SET created_at = '2026-01-01 00:00:00'")
        connection.exec_driver_sql(f"UPDATE audit SET at = '2026-01-01 00:00:00' WHERE subject = '{row.post_id}'")
    assert retain(studio, datetime.now(UTC)).posts == 0
    assert kept(studio, row.post_id)


def test_a_picture_that_another_post_has_too_stays(studio, approve):
    [row] = [publish(studio, row.id) for row in approve("first")]
    [other] = approve("second", due_at=datetime.now(UTC) + timedelta(days=90))
    assert row.pictures == other.pictures
    age_pictures(studio)
    removed = retain(studio, datetime.now(UTC) + LATER)
    assert (removed.posts, removed.pictures) == (1, 0)
    assert studio.pictures.read(other.pictures[0][0])


def test_of_two_workers_that_forget_at_once_one_does(studio, approve):
    [row] = [publish(studio, row.id) for row in approve("hello")]
    studio.records.forget_post(row.post_id, "easel", "over")
    with pytest.raises(Refused, match="forgotten already"):
        studio.records.forget_post(row.post_id, "easel", "over")


def test_pictures_that_a_crash_left_behind_go_once_they_are_a_day_old(studio):
    from PIL import Image

    studio.pictures.add(Image.new("RGB", (8, 8)))
    assert retain(studio, datetime.now(UTC)).pictures == 0
    assert retain(studio, datetime.now(UTC) + timedelta(days=2)).pictures == 1


def test_nothing_goes_where_nothing_is_said(easel, studio, approve):
    [row] = [publish(studio, row.id) for row in approve("hello")]
    with studio.records.engine.begin() as connection:
        for table, column in (("posts", "created_at"), ("audit", "at")):
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = '2020-01-01 00:00:00'")
    result = easel("retention")
    assert b"0 posts" in result.stdout
    assert b"kept for ever" in result.stdout
    days = {"EASEL_RETENTION_DAYS": "30"}
    assert b"1 posts" in easel("retention", "--dry-run", environment=days).stdout
    assert kept(studio, row.post_id)
    assert b"1 posts" in easel("retention", environment=days).stdout
    assert not kept(studio, row.post_id)
