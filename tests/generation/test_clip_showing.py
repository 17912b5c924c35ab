"""What of a caption a picture may not show."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from generation.clip.scoring import ClipScorer
from generation.clip.showing import LEAD, MOST_THINGS, things, unshown

DOODLE = Path(__file__).parents[2] / "generation" / "models" / "doodle"


@pytest.fixture(scope="module")
def clip():
    return ClipScorer.load(DOODLE / "clip")


def heart() -> Image.Image:
    picture = Image.new("RGB", (128, 128), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((24, 30, 68, 74), fill=(230, 30, 60))
    draw.ellipse((60, 30, 104, 74), fill=(230, 30, 60))
    draw.polygon([(27, 62), (101, 62), (64, 106)], fill=(230, 30, 60))
    return picture


def test_only_what_the_picture_does_not_show_is_doubted(clip):
    shown, missing = "A cheerful illustration of a heart.", "A cheerful illustration of a bicycle."
    assert unshown(clip, [heart()], shown) == [()]
    assert unshown(clip, [heart(), heart()], missing) == [("a bicycle",), ("a bicycle",)]


def test_a_caption_that_names_no_thing_is_not_doubted(clip):
    assert unshown(clip, [heart()], "Summer, sun and happiness!") == [()]


@pytest.mark.parametrize(
    ("caption", "named"),
    [
        ("A calm illustration of a dog, two red balls and a tree.", ["a dog", "two red balls", "a tree"]),
        ("An illustration: a cup of coffee on a table", ["a cup of coffee", "a table"]),
        ("A woman with an umbrella, in the rain.", ["A woman", "an umbrella"]),
        ("Fireworks over the harbour", []),
        ("a b, " * 3_000, ["a b"] * MOST_THINGS),
    ],
    ids=lambda value: str(value)[:20],
)
def test_things_are_named_with_their_article(caption, named):
    rest = LEAD.sub("", caption)
    assert [rest[start:end] for start, end in things(rest)] == named
