"""A brand profile shapes every picture, and a wrong one is refused by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.prompting import Brand, BrandError, Lexicon, RulesWriter

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load(CONFIG / "lexicon")


def test_style_and_palette_take_the_place_of_the_mood(lexicon):
    brand = Brand(style="paper cut-out", palette=("teal", "orange"))
    brief = RulesWriter(lexicon, brand).write("happy friday, pizza for all 🍕🎉")
    assert brief.prompt == "a pizza, teal and orange colours, paper cut-out"


def test_what_the_brand_avoids_is_never_drawn(lexicon):
    brief = RulesWriter(lexicon, Brand(avoid=("beer", "mugs"))).write("beers and burgers on us tonight 🍻🍔")
    assert "beer" not in brief.prompt
    assert brief.prompt.startswith("a hamburger")
    assert brief.negative[:2] == ("beer", "mugs")
    assert any("avoids" in notice for notice in brief.notices)


def test_the_shipped_profile_changes_nothing(lexicon):
    draft = "happy bday 🎂"
    assert RulesWriter.load(CONFIG).write(draft) == RulesWriter(lexicon).write(draft)


def test_a_missing_profile_is_an_empty_one(tmp_path):
    assert Brand.load(tmp_path / "brand.toml") == Brand()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("style = 3", "style"),
        ("palette = 'teal'", "palette"),
        ("avoid = ['']", "avoid"),
        ("color = 'red'", "color"),
        ("style = 'one two three four five six seven eight nine'", "style"),
        ("palette = ['a', 'b', 'c', 'd', 'e']", "palette"),
        ("style = ", "cannot be read"),
    ],
)
def test_a_wrong_profile_is_refused_by_key(tmp_path, content, says):
    path = tmp_path / "brand.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BrandError, match=says) as refusal:
        Brand.load(path)
    assert str(path) in str(refusal.value)
