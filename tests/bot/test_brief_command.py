"""`easel brief` prints the brief for people and for scripts, and is clear about misuse."""

from __future__ import annotations

import json
import sys

import pytest

from bot.cli import main
from playground.openai import running_openai


@pytest.fixture(autouse=True)
def settings_of_an_empty_home(home: object) -> None:
    """Settings, limits and the model's spending are those of a home of the test's own."""


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["easel", "brief", *arguments])
    with pytest.raises(SystemExit) as ending:
        main()
    return int(ending.value.code or 0)


def test_a_brief_is_printed_for_people(monkeypatch, capsys):
    assert run(monkeypatch, "happy bday 🎂") == 0
    shown = capsys.readouterr().out
    assert "a birthday cake" in shown
    assert "bday" in shown


def test_json_has_the_keys_that_scripts_rely_on(monkeypatch, capsys):
    assert run(monkeypatch, "happy bday 🎂", "--json") == 0
    brief = json.loads(capsys.readouterr().out)
    wanted = {"draft", "normalized", "language", "prompt", "negative", "alt_text", "topics", "spans", "writer"}
    assert wanted <= set(brief)


def test_a_file_gives_one_object_a_line_and_says_which_line_is_no_draft(monkeypatch, capsys, tmp_path):
    drafts = tmp_path / "drafts.txt"
    drafts.write_text("taco tuesday 🌮\n\nrocket day 🚀\n", encoding="utf-8")
    assert run(monkeypatch, "--file", str(drafts)) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("draft") for line in lines] == ["taco tuesday 🌮", "", "rocket day 🚀"]
    assert "empty" in lines[1]["error"]


def test_a_language_model_can_write_it(monkeypatch, capsys):
    with running_openai() as server:
        arguments = ("--writer", "llm", "--llm-url", server.base_url, "--llm-model", "stand-in-chat", "--json")
        assert run(monkeypatch, "our bakery opens", *arguments) == 0
    assert json.loads(capsys.readouterr().out)["writer"] == "stand-in-chat"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "one draft"),
        (("a", "--file", "b"), "one draft"),
        (("a", "--writer", "poet"), "rules or llm"),
        (("a", "--writer", "llm"), "--llm-model"),
        (("a", "--writer", "llm", "--llm-model", "m"), "OPENAI_API_KEY"),
        (("--file", "/nowhere/drafts.txt"), "cannot be read"),
        (("--article", "file:///etc/passwd"), "http or https"),
        (("--article", "http://169.254.169.254/"), "public web"),
        (("--article", "/nowhere/story.txt"), "cannot be read"),
        ((" ",), "empty"),
        (("x" * 100_000,), "40,000"),
    ],
)
def test_misuse_is_one_line_and_status_2(monkeypatch, capsys, arguments, says):
    for name in ("OPENAI_API_KEY", "EASEL_LLM_URL", "EASEL_LLM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    assert run(monkeypatch, *arguments) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


def test_a_binary_file_of_drafts_is_refused(monkeypatch, capsys, tmp_path):
    binary = tmp_path / "drafts.bin"
    binary.write_bytes(b"\xff\xd8\xff\xe0")
    assert run(monkeypatch, "--file", str(binary)) == 2
    assert "UTF-8" in capsys.readouterr().err


def test_an_article_in_a_file_is_shown_stage_by_stage(monkeypatch, capsys, tmp_path):
    story = tmp_path / "story.txt"
    story.write_text(
        "Of rockets\n\n" + "The rocket stands on its pad, and the astronauts wave. " * 20, encoding="utf-8"
    )
    assert run(monkeypatch, "--article", str(story), "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["article"]["title"], made["article"]["source"]) == ("Of rockets", str(story))
    assert made["article"]["topics"][0]["picture"] == "a rocket"
    assert made["prompt"].startswith("a rocket")
    assert made["draft"] == "Of rockets"
    assert run(monkeypatch, "--article", str(story)) == 0
    assert "a rocket" in capsys.readouterr().out


def test_an_article_too_short_to_be_one_is_refused(monkeypatch, capsys, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("Just a note.", encoding="utf-8")
    assert run(monkeypatch, "--article", str(note)) in {1, 2}
    assert "Only 3 words" in capsys.readouterr().err
