"""`easel prompt` finds, distils and improves prompts with doodle and its CLIP, and shows each step."""

import json
import sys

import pytest
from PIL import Image

from bot.cli import main
from bot.pipeline.improving import clip_folder, drawing_with, improved
from bot.settings import load_settings


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["easel", "prompt", *arguments])
    with pytest.raises(SystemExit) as ending:
        main()
    return int(ending.value.code or 0), capsys.readouterr()


@pytest.fixture
def sun(tmp_path):
    """A picture of a yellow disc on blue."""
    from PIL import ImageDraw

    image = Image.new("RGB", (128, 128), "#3b82f6")
    ImageDraw.Draw(image).ellipse((32, 32, 96, 96), fill="#facc15")
    image.save(tmp_path / "sun.png")
    return tmp_path / "sun.png"


def test_words_are_found_for_a_picture_and_the_way_to_them_is_shown(monkeypatch, capsys, home, sun, tmp_path):
    strip = tmp_path / "strip.png"
    code, told = run(monkeypatch, capsys, "find", str(sun), "--words", "3", "--out", str(strip), "--json")
    assert code == 0
    found = json.loads(told.out)
    assert 1 <= len(found["prompt"].split()) <= 3
    assert found["score"] > 0.5
    assert found["steps"][0]["similarity"] < found["score"]
    with Image.open(strip) as image:
        assert image.width > image.height / 4


def test_an_earlier_picture_is_named_by_its_post_and_number(monkeypatch, capsys, home, approve, studio, tmp_path):
    row = approve()[0]
    code, told = run(monkeypatch, capsys, "find", f"{row.post_id}:1", "--out", str(tmp_path / "s.png"))
    assert (code, len(told.out.splitlines())) == (0, 1)
    assert run(monkeypatch, capsys, "find", f"{row.post_id}:9")[0] == 2


def test_a_brief_is_improved_by_drawing_and_tells_what_was_tried(studio):
    brief = studio.rules.write("happy bday 🎂")
    made = improved(studio.settings, studio.painter.model, brief, 5)
    assert "cake" in made.prompt
    assert made.notices[-1].startswith("Prompts tried, best kept: ")
    assert brief.prompt in made.notices[-1]
    assert made.prompt in made.notices[-1]


def test_a_prompt_beyond_the_models_length_is_told_with_what_is_not_read(studio):
    model = studio.painter.model
    assert model.unread("a red rocket") == ""
    rare = "a xylophonist, " + "zwxqvyk " * 20
    assert model.unread(rare).strip().endswith("zwxqvyk")


def test_more_pictures_than_a_decode_takes_are_drawn_in_parts():
    class Model:
        asked = ()

        def stream(self, requests, *, previews):
            self.asked = (*self.asked, len(requests))
            yield [request and type("Candidate", (), {"image": request.prompt})() for request in requests]

    model = Model()
    assert drawing_with(model)(["a"] * 12, list(range(12))) == ["a"] * 12
    assert model.asked == (10, 2)


def test_a_model_without_a_clip_is_judged_by_doodles(home, tmp_path):
    settings = load_settings().model_copy(update={"model": "openai:any"})
    assert clip_folder(settings).parts[-2:] == ("doodle", "clip")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("find", "/nowhere/picture.png"), "cannot be read"),
        (("find", "post_unknown:1"), "no post"),
        (("distil", " "), "empty"),
        (("distil", "a dog", "--clip", "/nowhere"), "config.json"),
    ],
)
def test_what_cannot_be_searched_for_is_one_line(monkeypatch, capsys, home, arguments, says):
    code, told = run(monkeypatch, capsys, *arguments)
    assert code in {1, 2}
    assert says in told.err
    assert told.err.count("\n") == 1
