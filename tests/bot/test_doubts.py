"""What an alt text names and the picture may not show is told to whoever reviews, and changes no text."""

import io

import pytest
from rich.console import Console

from bot.cli.screen import candidates_table
from bot.pipeline.planning import alt_text
from bot.pipeline.prepare import prepare
from bot.pipeline.review import UNSHOWN, doubts
from bot.records.options import PostOptions


@pytest.mark.parametrize(
    ("told", "doubted"),
    [("A calm illustration of an elephant.", "may not show an elephant"), ("An illustration: a red heart.", "")],
)
def test_what_the_picture_does_not_show_is_said_beside_it(studio, told, doubted):
    options = PostOptions(prompt="flat illustration of a red heart", alt_text=told)
    post = studio.records.create_post("ana", "hello", ["x"], None, "UTC", options=options)
    list(prepare(studio, post, seeds=[5], person="ana"))
    [row] = studio.records.candidates(post.id)
    assert doubts(row) == doubted
    assert (UNSHOWN in row.settings) == bool(doubted)
    assert alt_text(studio, studio.records.post(post.id), row) == told
    screen = io.StringIO()
    Console(file=screen, width=200).print(candidates_table([row], row))
    assert ("may not show" in screen.getvalue()) == bool(doubted)
