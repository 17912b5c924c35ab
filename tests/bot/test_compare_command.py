"""`easel compare`: one sheet for several models, with a reason where one of them draws nothing."""

import json

from PIL import Image


def test_two_models_draw_on_one_sheet(easel_here, home, tmp_path, make_tiny_bundle):
    added = easel_here("models", "add", str(make_tiny_bundle(tmp_path / "tiny")))
    assert added.returncode == 0, added.stderr
    out = tmp_path / "sheet.png"
    ran = easel_here("compare", "a red car", "--with", "tiny,openai", "--out", str(out), "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["sheet"] == str(out)
    drawn, refused = told["cells"]
    assert (drawn["generator"], drawn["problem"]) == ("tiny", "")
    assert "OPENAI_API_KEY" in refused["problem"]
    with Image.open(out) as sheet:
        assert len(sheet.convert("RGB").resize((64, 64)).getcolors(4096)) > 50


def test_a_sheet_without_any_picture_is_a_failure(easel_here, tmp_path):
    ran = easel_here("compare", "a red car", "--with", "openai", "--out", str(tmp_path / "sheet.png"))
    assert ran.returncode == 1
    assert "OPENAI_API_KEY" in ran.stderr
    assert not (tmp_path / "sheet.png").exists()


def test_wrong_names_are_told(easel_here):
    unknown = easel_here("compare", "a red car", "--with", "nope")
    assert (unknown.returncode, "doodle" in unknown.stderr) == (1, True)
    twice = easel_here("compare", "a red car", "--with", "doodle,doodle")
    assert (twice.returncode, "once" in twice.stderr) == (2, True)


def test_the_default_prompts_are_those_of_the_article(home):
    from bot.cli.compare import default_prompts

    prompts = default_prompts()
    assert len(prompts) == 6
    assert prompts[2] == "lawyer robot, pencil sketch"
