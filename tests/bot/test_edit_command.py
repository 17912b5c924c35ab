"""`easel edit`, and slots as `easel post` meets them: refused before anything is drawn or changed."""

from datetime import UTC, datetime, timedelta

import pytest


def test_other_words_take_an_approved_post_back_to_review(easel, studio, approve):
    [row] = approve("first words", due_at=datetime.now(UTC) + timedelta(hours=1))
    result = easel("edit", row.post_id, "second words")
    assert result.returncode == 0, result.stderr.decode()
    assert b"is in review" in result.stdout
    assert studio.records.post(row.post_id).draft == "second words"
    assert studio.records.publication(row.id).state == "cancelled"
    assert easel("review", row.post_id, "--approve", "1").returncode == 0
    plan = [(item.text, item.state) for item in studio.records.publications(row.post_id)]
    assert plan == [("first words", "cancelled"), ("second words", "planned")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["kill yourself you worthless idiot"], "stopped by moderation"),
        (["x" * 300], "280"),
        ([""], "empty"),
        (["hello", "--to", "linkedin"], "does not go to linkedin"),
    ],
)
def test_words_that_may_not_go_out_change_nothing(easel, studio, approve, arguments, told):
    [row] = approve("first words", due_at=datetime.now(UTC) + timedelta(hours=1))
    result = easel("edit", row.post_id, *arguments)
    assert result.returncode == 2
    assert told in result.stderr.decode()
    assert studio.records.post(row.post_id).draft == "first words"
    assert studio.records.publication(row.id).state == "planned"


def test_a_post_for_a_slot_needs_slots(easel, studio):
    result = easel("post", "hello", "--to", "x", "--at", "slot")
    assert result.returncode == 2
    assert "easel slots add" in result.stderr.decode()
    assert studio.records.count_publications() == 0
