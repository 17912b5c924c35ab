"""Telling our post among others."""

import pytest

from publishers.resemblance import resemblance


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("the fox", " the  fox\n"),
        ("caf\u0065\u0301", "café"),
        ("see example.com/A.", "see http://example.com/a."),
        ("HTTPS://Example.com/", "https://example.com"),
        ("e.g. this", "e.g. this"),
        ("", ""),
    ],
)
def test_what_networks_change_does_not_matter(ours, theirs):
    assert resemblance(ours, theirs) == "same"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("new: https://example.com/1", "new: https://example.com/2"),
        ("new: example.com", "new: https://t.co/abc"),
        ("see https://例え.みんな/x", "see http://xn--r8jz45g.xn--q9jyb4c/x"),
    ],
)
def test_what_differs_only_in_links_is_neither_taken_for_ours_nor_ruled_out(ours, theirs):
    assert resemblance(ours, theirs) == "similar"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("the fox", "the fox."),
        ("The fox", "the fox"),
        ("post 1.", "post 2."),
        ("release 1.2", "release 1.3"),
        ("one https://example.com", "two https://example.com"),
        ("text", ""),
    ],
)
def test_another_text_is_another_post(ours, theirs):
    assert resemblance(ours, theirs) == "other"
