"""What is kept of a person is handed to them whole, and erased so that nothing names them."""

import json
import stat
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.errors import Misuse, Refused
from bot.pipeline.publish import publish
from bot.records import PostState, Records
from bot.upkeep.personal_data import erase_person, export_person


@pytest.fixture
def lived(studio, approve, connect):
    """Ana has a live post, a planned one, an account, a request, and rewrote the prompt of Ben's post."""
    connect("x", "1001")
    [live] = [publish(studio, row.id) for row in approve("a secret of ana")]
    [planned] = approve("another secret", due_at=datetime.now(UTC) + timedelta(days=1))
    studio.records.keep_request("k1", "compose", "ana", {"draft": "a secret of ana"})
    bens = studio.records.create_post("ben", "bens words", ["x"], None, "UTC")
    studio.records.add_brief(bens.id, {"prompt": "a fox", "writer": "ana"}, [])
    studio.records.order_drawing(bens.id, "ana", [1], "again")
    studio.records.keep_example(bens.id, "ana", {"draft": "bens words"})
    studio.records.save_installation("local", None, "sealed", "B1", "U1", [], "ana")
    studio.records.move_post(bens.id, PostState.PREPARING, "ana", "again", expected=PostState.DRAFTED)
    return live, planned, bens


def everything(studio):
    """All that the database holds, as text."""
    with studio.records.engine.connect() as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        return " ".join(str(row) for name in tables for row in connection.execute(text(f"SELECT * FROM {name}")))


def test_an_export_holds_posts_pictures_account_requests_and_deeds_and_no_token(studio, lived, tmp_path):
    file = tmp_path / "ana.zip"
    assert export_person(studio, "ana", file) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        data = json.loads(archive.read("data.json"))
        pictures = [name for name in archive.namelist() if name.startswith("pictures/")]
    assert [post["draft"] for post in data["posts"]] == ["a secret of ana", "another secret"]
    assert data["posts"][0]["publications"][0]["url"] == lived[0].url
    assert [f"pictures/{row['picture']}.png" for row in data["posts"][0]["candidates"]] == pictures
    assert [account["name"] for account in data["accounts"]] == ["main"]
    assert "credentials" not in data["accounts"][0]
    assert [row["body"] for row in data["examples"]] == [{"draft": "bens words"}]
    assert data["requests"][0]["body"] == {"draft": "a secret of ana"}
    assert any(row["to_state"] == "approved" for row in data["audit"])


def test_an_erasure_leaves_nothing_that_names_the_person_and_the_audit_of_what_was_done(studio, lived):
    live, planned, bens = lived
    before = [(row.from_state, row.to_state) for row in studio.records.audit(live.post_id)]
    erased = erase_person(studio, "ana", "root")
    assert (erased.posts, [row.url for row in erased.live]) == (2, [live.url])
    held = everything(studio)
    for trace in ("ana", "secret"):
        assert f"'{trace}'" not in held
        assert "a secret of ana" not in held
    assert "another secret" not in held
    assert list(studio.settings.pictures.glob("??/*.png")) == []
    rows = studio.records.audit(live.post_id)
    assert [(row.from_state, row.to_state) for row in rows][: len(before)] == before
    assert {row.person for row in rows} == {erased.pseudonym, "easel", "root"}
    assert studio.records.post(bens.id).draft == "bens words"
    assert studio.records.latest_brief(bens.id).body["writer"] == erased.pseudonym
    assert studio.records.to_enqueue(10) == []
    with pytest.raises(Misuse, match=planned.id):
        studio.records.publication(planned.id)


def test_who_erases_themselves_is_not_named_by_that(studio, lived):
    erase_person(studio, "ana", "ana")
    assert "'ana'" not in everything(studio)


def test_a_post_that_is_on_its_way_holds_the_erasure_up(studio, lived):
    _, planned, _ = lived
    studio.records.begin_publishing(planned.id, planned.attempt)
    with pytest.raises(Refused, match="is publishing: it cannot be forgotten now"):
        erase_person(studio, "ana", "root")
    assert studio.records.publication(planned.id).text == "another secret"


def test_another_workspace_keeps_its_own(studio, lived):
    other = Records(studio.records.engine, "other")
    other.create_post("ana", "elsewhere", ["x"], None, "UTC")
    erase_person(studio, "ana", "root")
    assert [post.draft for post in other.posts_by("ana")] == ["elsewhere"]


def test_the_queues_forget_what_they_were_told(studio, lived):
    from bot.pipeline.durable import Workshop, queues

    live = lived[0]
    workshop = Workshop(studio, "publish-test", ["publish"])
    workshop.open()
    try:
        workshop.enqueue_visits([studio.records.publication(lived[1].id), live])
    finally:
        workshop.close(2)
    erase_person(studio, "ana", "root")
    with queues(studio.settings) as client:
        assert client.list_workflows(workflow_id_prefix="publish:") == []


def test_the_commands_ask_and_tell(easel, studio, lived, tmp_path):
    file = tmp_path / "ana.zip"
    assert b"2 posts of ana" in easel("data", "export", "ana", str(file)).stdout
    assert easel("data", "export", "ana", str(file)).returncode == 2
    kept = easel("data", "erase", "ana", stdin=b"n\n")
    assert (kept.returncode, b"Nothing was erased" in kept.stderr) == (1, True)
    erased = easel("data", "erase", "ana", "--yes")
    assert erased.returncode == 0, erased.stderr
    assert f"Still on x: {lived[0].url}".encode() in erased.stdout
    assert b"Backups made before this" in erased.stdout
    for command in (("data", "erase", "ana", "--yes"), ("data", "export", "ana", str(tmp_path / "b.zip"))):
        nobody = easel(*command)
        assert (nobody.returncode, b"Nothing is kept of 'ana'" in nobody.stderr) == (2, True)
