"""What people get wrong: one clear line on standard error, the right status, no traceback, nothing half-written."""

import os
import sqlite3
import subprocess
from contextlib import closing

import pytest
from PIL import Image

DRAFT = "big launch today 🚀"


def told(result):
    """The one line that the person sees."""
    error = result.stderr.decode()
    assert "Traceback" not in error
    lines = [line for line in error.splitlines() if line.startswith("easel: ")]
    assert len(lines) == 1, error
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "stdin", "expected"),
    [
        (["post", ""], b"", "draft is empty"),
        (["post"], b"", "draft is empty"),
        (["post", "-"], b"", "draft is empty"),
        (["post", " \u200b\n"], b"", "draft is empty"),
        (["post", "-"], b"a" * 100_000, "100,000 characters"),
        (["post", "-"], b"launch \x00 day", "NUL"),
        (["post", "-"], b"\xff\xfe launch", "not UTF-8"),
        (["post", "-"], b"a" * 10_000_000, "Standard input holds more than"),
        (["post", "--file", "/nowhere/draft.txt"], b"", "no file /nowhere/draft.txt"),
        (["post", DRAFT, "--to", "myspace"], b"", "no network 'myspace'"),
        (["post", DRAFT, "--to", ","], b"", "names no network"),
        (["post", DRAFT, "--seed", "-1"], b"", "--seed -1 is out of range"),
        (["post", DRAFT, "--seed", "4294967296"], b"", "out of range"),
        (["post", DRAFT, "--count", "0"], b"", "--count 0 is out of range"),
        (["post", DRAFT, "--count", "11"], b"", "--count 11 is out of range"),
        (["post", DRAFT, "--at", "whenever"], b"", "time 'whenever' is not understood"),
        (["post", DRAFT, "--at", "2020-01-01"], b"", "in the past"),
        (["post", DRAFT, "--approve", "first"], b"", "--approve 'first' is not understood"),
        (["post", DRAFT, "--count", "2", "--approve", "3"], b"", "no candidate 3"),
        (["post", "x" * 300, "--to", "x"], b"", "280"),
        (["review", "post_nowhere"], b"", "no post 'post_nowhere'"),
    ],
)
def test_misuse_is_one_line_and_status_two(easel, arguments, stdin, expected):
    result = easel(*arguments, stdin=stdin)
    assert expected in told(result)
    assert result.returncode == 2
    assert result.stdout == b""


def test_a_ten_megabyte_file_is_refused_unread(easel, tmp_path):
    (tmp_path / "draft.txt").write_bytes(b"a" * 10_000_000)
    result = easel("post", "--file", str(tmp_path / "draft.txt"))
    assert "10,000,000 bytes" in told(result)
    assert result.returncode == 2


def test_an_unknown_option_is_misuse(easel):
    result = easel("post", "--colour", "red")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr.decode()


def test_a_model_that_is_not_there_is_named_with_what_to_do(easel):
    result = easel("post", DRAFT, "--yes", environment={"EASEL_MODEL": "mega"})
    assert "mega" in told(result)
    assert "there are doodle" in told(result)
    assert result.returncode == 1


@pytest.fixture(params=["200k", "700k"])
def small_disk(request, tmp_path):
    """A file system of its own that is soon full: before the database fits, or before the pictures do."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "easel-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(options, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_in_one_line_and_leaves_nothing_half_written(easel, small_disk):
    result = easel("post", DRAFT, "--yes", environment={"EASEL_HOME": str(small_disk)})
    assert "space" in told(result)
    assert result.returncode == 1
    assert not list(small_disk.rglob("*.part"))
    for picture in small_disk.rglob("*.png"):
        with Image.open(picture) as image:
            image.load()


def test_a_damaged_database_is_named(easel, home):
    home.mkdir()
    (home / "easel.db").write_bytes(b"no database" * 1000)
    result = easel("post", DRAFT)
    assert "easel.db" in told(result)
    assert result.returncode == 1


def test_a_home_that_is_a_file_is_named(easel, home):
    home.write_text("not a folder")
    result = easel("queue")
    assert str(home) in told(result)
    assert result.returncode == 1


def test_a_blocked_draft_stops_before_a_picture_is_drawn_and_says_why(easel, home):
    result = easel("post", "kill yourself you worthless idiot", "--yes", "--json")
    assert result.returncode == 1
    assert b"Stopped before drawing" in result.stderr
    with closing(sqlite3.connect(home / "easel.db")) as database:
        assert database.execute("SELECT state FROM posts").fetchall() == [("blocked",)]
        assert database.execute("SELECT count(*) FROM candidates").fetchall() == [(0,)]
