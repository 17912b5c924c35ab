"""What a team decided becomes a data set: picks, rejections apart, nobody's name, only where it was allowed."""

import json

import pytest
from PIL import Image

from bot.dataset import without_people
from bot.records import PostState
from bot.records.values import Drawn, Planned
from bot.settings_file import set_setting

VERDICTS = [{"moderator": "eyes", "decision": "allow", "reason": "fine", "scores": {}}]


def decided(studio, prompt, colours, pick, model="doodle", settings=None):
    """A post with one candidate a colour, of which one is approved, or the post rejected where `pick` is None."""
    records = studio.records
    post = records.create_post("U0ANA", "a draft", ["x"], None, "UTC")
    records.move_post(post.id, PostState.PREPARING, "U0ANA", "preparing", expected=PostState.DRAFTED)
    brief = records.add_brief(post.id, {"prompt": prompt}, [])
    pictures = [studio.pictures.add(Image.new("RGB", (64, 64), colour)) for colour in colours]
    models = model if isinstance(model, list) else [model] * len(colours)
    drawn = [
        Drawn(seed, 0.5, name, "r1", settings or {}, picture, VERDICTS)
        for seed, (picture, name) in enumerate(zip(pictures, models, strict=True))
    ]
    records.add_candidates(post.id, brief.id, drawn)
    records.move_post(post.id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
    if pick is None:
        records.move_post(post.id, PostState.REJECTED, "U0ANA", "no", expected=PostState.REVIEW)
    else:
        records.approve(post.id, [Planned("x", "outbox", "text", ((pictures[pick], "alt"),))], "U0ANA", "yes")
    return pictures


def lines(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_picks_are_written_with_their_captions_and_rejections_apart(studio, easel_here, home, tmp_path):
    (home).mkdir(exist_ok=True)
    (home / "easel.toml").write_text('training_workspaces = ["local"]\n')
    picked = decided(studio, "a rocket for @ana and <@U0BEN>, mail ana@example.com", ["red", "blue"], pick=1)
    refused = decided(studio, "a taco", ["green"], pick=None)
    told = easel_here("dataset", "export", str(tmp_path / "set"))
    assert told.returncode == 0, told.stderr
    assert lines(tmp_path / "set/captions.jsonl") == [
        {"caption": "a rocket for and, mail", "picture": f"pictures/{picked[1]}.png"}
    ]
    assert lines(tmp_path / "set/rejected.jsonl") == [{"caption": "a taco", "picture": f"pictures/{refused[0]}.png"}]
    assert not (tmp_path / f"set/pictures/{picked[0]}.png").exists()
    written = "".join(file.read_text("utf-8") for file in (tmp_path / "set").glob("*.jsonl"))
    assert not any(name in written for name in ("U0ANA", "U0BEN", "example.com", "post_"))

    again = easel_here("dataset", "export", str(tmp_path / "set"))
    assert again.returncode == 2
    assert "there already" in again.stderr


def test_a_workspace_that_did_not_allow_it_is_not_learned_from(studio, easel_here, tmp_path):
    decided(studio, "a rocket", ["red"], pick=0)
    told = easel_here("dataset", "export", str(tmp_path / "set"))
    assert told.returncode == 2
    assert "has not allowed it" in told.stderr
    assert not (tmp_path / "set").exists()


def test_without_approvals_there_is_nothing_to_export(studio, easel_here, home, tmp_path):
    home.mkdir(exist_ok=True)
    (home / "easel.toml").write_text('training_workspaces = ["local"]\n')
    decided(studio, "a taco", ["green"], pick=None)
    assert "Approve some posts first" in easel_here("dataset", "export", str(tmp_path / "set")).stderr
    assert list(tmp_path.glob("*set*")) == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a cake for @maria.k", "a cake for"),
        ("call +34 612 345 678 now", "call now"),
        ("see https://example.com/a , a fox", "see, a fox"),
        ("#launch of a rocket", "#launch of a rocket"),
    ],
)
def test_people_are_left_out_of_captions(text, plain):
    assert without_people(text) == plain


def test_a_comparison_counts_what_was_drawn_while_it_ran(studio, easel_here, home):
    home.mkdir(exist_ok=True)
    mark = {"compared": ["doodle", "brand"]}
    set_setting(home / "easel.toml", "rival", "brand")
    decided(studio, "before", ["red", "blue"], pick=0)
    for index in range(6):
        decided(
            studio,
            f"a {index}",
            ["red", "blue", (0, 0, index)],
            pick=2,
            model=["doodle"] * 2 + ["brand"],
            settings=mark,
        )
    decided(studio, "no", ["red"], pick=None, settings=mark)
    told = json.loads(easel_here("models", "ab", "--json").stdout)
    shown = {one["model"]: (one["picked"], one["shown"]) for one in told["models"]}
    assert shown == {"doodle": (0, 13), "brand": (6, 6)}
    assert told["verdict"] == "brand is picked more often."
    assert told["lead"][0] > 0


def test_a_comparison_begins_and_ends_by_settings(easel_here, home, make_tiny_bundle):
    make_tiny_bundle(home / "models/tiny")
    assert "about 30% of the candidates" in easel_here("models", "ab", "doodle", "tiny", "--share", "30%").stdout
    settings = (home / "easel.toml").read_text()
    assert 'rival = "tiny"' in settings
    assert 'rival_share = "0.3"' in settings
    assert easel_here("models", "remove", "tiny").returncode == 2
    assert "draws all candidates again" in easel_here("models", "ab", "--stop").stdout
    assert easel_here("models", "ab").returncode == 2


@pytest.mark.parametrize("arguments", [("doodle",), ("doodle", "doodle"), ("doodle", "tiny", "--share", "all")])
def test_a_comparison_that_cannot_be_is_refused(easel_here, arguments):
    assert easel_here("models", "ab", *arguments).returncode == 2
