"""`easel post` the whole way, with the real model, moderators, database and outbox."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from bot.cli.session import Answers, Session
from bot.errors import Refused
from bot.pipeline.prepare import prepare
from bot.pipeline.seeds import first_seeds
from bot.pipeline.studio import Studio
from bot.settings import load_settings

DRAFTS = Path(__file__).parent.parent / "data" / "drafts" / "twenty_drafts.txt"


def size_of(file):
    with Image.open(file) as image:
        return image.size


def last_line(result):
    assert result.returncode == 0, result.stderr.decode()
    return json.loads(result.stdout.decode().splitlines()[-1])


def test_a_slangy_draft_goes_the_whole_way_and_the_last_line_tells_it_to_a_script(easel, home):
    draft = "ngl this drop is straight 🔥🔥 iykyk 👀 @sneakerhead #airmax"
    told = last_line(easel("post", draft, "--approve", "best", "--count", "2", "--seed", "7", "--json"))
    assert told["brief"]["draft"] == draft
    assert [candidate["seed"] for candidate in told["candidates"]] == [7, 8]
    for candidate in told["candidates"]:
        assert size_of(candidate["file"]) == (512, 512)
        assert {verdict["decision"] for verdict in candidate["verdicts"]} == {"allow"}
    best = max(told["candidates"], key=lambda candidate: candidate["score"])
    assert told["approved"] == [best["number"]]
    assert {(item["network"], item["status"]) for item in told["publications"]} == {
        ("x", "published"),
        ("linkedin", "published"),
    }
    assert size_of(told["sheet"])[0] > 512
    assert draft.split()[0] in (home / "outbox" / told["post_id"] / "index.html").read_text()


def test_the_same_seed_gives_the_same_picture(easel):
    one = last_line(easel("post", "pizza party 🍕", "--yes", "--count", "1", "--seed", "3", "--json"))
    two = last_line(easel("post", "pizza party 🍕", "--yes", "--count", "2", "--seed", "2", "--json"))
    same = [Path(told["candidates"][index]["file"]).read_bytes() for told, index in ((one, 0), (two, 1))]
    assert same[0] == same[1]


def test_a_scheduled_post_is_stored_and_not_published(easel):
    told = last_line(
        easel("post", "sale tomorrow 🛍️", "--to", "x", "--at", "tomorrow 9:00", "--yes", "--count", "1", "--json")
    )
    assert [item["status"] for item in told["publications"]] == ["planned"]
    assert "sale tomorrow" in easel("queue").stdout.decode()


def test_without_an_answer_the_post_waits_for_review_and_can_be_gone_on_with(easel):
    told = last_line(easel("post", "new cafe opening ☕", "--count", "1", "--json"))
    assert (told["state"], told["approved"], told["publications"]) == ("review", [], [])
    told = last_line(easel("review", told["post_id"], "--approve", "1", "--json"))
    assert (told["state"], told["approved"]) == ("approved", [1])
    again = easel("review", told["post_id"], "--approve", "1")
    assert again.returncode == 1
    assert "is approved" in again.stderr.decode()


def test_ctrl_c_in_the_middle_keeps_the_draft_and_says_how_to_go_on(home, easel):
    # A test run in the background passes on that SIGINT is ignored; a person's terminal does not.
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    process = subprocess.Popen(
        [sys.executable, "-c", listening + "from bot.cli import main; main()", "post", "big launch today 🚀", "--yes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and states(home) != ["preparing"]:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "easel review post_" in error.decode()
    assert "Traceback" not in error.decode()
    assert states(home) == ["failed"]
    assert not list(home.rglob("*.part"))


def test_a_ctrl_c_that_python_loses_in_a_callback_still_stops_the_post(home):
    losing = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from bot.cli import main, interrupt, screen\n"
        "show = screen.brief_panel\n"
        "class Collected:\n"
        "    def __del__(self): signal.raise_signal(signal.SIGINT)\n"
        "def lose(brief):\n"
        "    Collected()\n"
        "    return show(brief)\n"
        "screen.brief_panel = lose\n"
        "main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", losing, "post", "big launch today 🚀", "--yes"], capture_output=True, timeout=240
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr.decode()
    assert "easel review post_" in ended.stderr.decode()
    assert states(home) == ["failed"]


def test_a_ctrl_c_just_after_the_post_is_marked_does_not_leave_it_marked(studio, monkeypatch):
    post = studio.records.create_post("ana", "big launch today 🚀", ["x"], None, "UTC")
    move_post = studio.records.move_post

    def moved_then_stopped(*given, **named):
        move_post(*given, **named)
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(studio.records, "move_post", moved_then_stopped)
    with pytest.raises(KeyboardInterrupt):
        list(prepare(studio, post, seeds=[1], person="ana"))
    assert studio.records.post(post.id).state == "failed"


def test_who_comes_second_to_a_post_leaves_it_to_the_first(studio):
    post = studio.records.create_post("ana", "big launch today 🚀", ["x"], None, "UTC")
    first = prepare(studio, post, seeds=[1], person="ana")
    next(first)
    with pytest.raises(Refused, match="preparing"):
        list(prepare(studio, post, seeds=[1], person="ben"))
    assert studio.records.post(post.id).state == "preparing"
    first.close()
    assert studio.records.post(post.id).state == "failed"


def test_a_post_whose_process_was_killed_can_be_begun_anew_when_a_person_says_so(home, easel):
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", "post", "big launch today 🚀", "--yes"])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and states(home) != ["preparing"]:
        time.sleep(0.02)
    process.kill()
    process.wait()
    [post_id] = column(home, "id")
    refused = easel("review", post_id, "--yes")
    assert refused.returncode == 1
    assert f"easel review {post_id} --anew" in refused.stderr.decode()
    told = last_line(easel("review", post_id, "--anew", "--yes", "--json"))
    assert told["state"] == "approved"


def states(home):
    return column(home, "state")


def column(home, name):
    try:
        with closing(sqlite3.connect(f"file:{home / 'easel.db'}?mode=ro", uri=True)) as database:
            return [value for (value,) in database.execute(f"SELECT {name} FROM posts")]
    except sqlite3.OperationalError:
        return []


@pytest.mark.timeout(600)
def test_twenty_slangy_drafts_go_the_whole_way(home, capsys):
    drafts = [line for line in DRAFTS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("# ")]
    assert len(drafts) == 20
    studio = Studio(load_settings())
    for draft in drafts:
        post = studio.records.create_post("ana", draft, ["x", "linkedin"], None, "UTC")
        Session(studio, post.id, Answers("best", True, True)).run(first_seeds(1, 1))
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert told["state"] == "approved", draft
        assert [item["status"] for item in told["publications"]] == ["published", "published"], draft
