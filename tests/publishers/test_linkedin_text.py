"""LinkedIn's little text: what a reader sees is what was written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishers import limits_of
from publishers.linkedin.text import RESERVED, commentary_length, escaped


def shown(little: str) -> str:
    """What LinkedIn shows of little text, cut at the first reserved character that is not escaped."""
    out, place = "", 0
    while place < len(little):
        rest = little[place:]
        if match := re.match(r"\{hashtag\|\\#\|((?:\\.|[^\\{}|])+)\}", rest):
            out += "#" + re.sub(r"\\(.)", r"\1", match[1])
            place += match.end()
        elif match := re.match(r"@\[((?:\\.|[^\\\[\]])+)\]\(urn:li:(?:person|organization):[\w-]+\)", rest):
            out += re.sub(r"\\(.)", r"\1", match[1])
            place += match.end()
        elif little[place] == "\\" and place + 1 < len(little):
            out += little[place + 1]
            place += 2
        elif little[place] in RESERVED:
            return out
        else:
            out += little[place]
            place += 1
    return out


def test_every_reserved_character_is_escaped():
    for character in RESERVED:
        assert escaped(f"a{character}1") == f"a\\{character}1"


def test_a_backslash_is_escaped_once():
    assert escaped("\\(") == "\\\\\\("


@pytest.mark.parametrize(
    ("text", "little"),
    [
        ("We ship #JAX today", "We ship {hashtag|\\#|JAX} today"),
        ("#日本語", "{hashtag|\\#|日本語}"),
        ("#snake_case", "{hashtag|\\#|snake\\_case}"),
        ("we are #1", "we are \\#1"),
        ("C# and https://a.example/#top", "C\\# and https://a.example/\\#top"),
        ("thanks @[Acme (US)](urn:li:organization:42)", "thanks \\@\\[Acme \\(US\\)\\]\\(urn:li:organization:42\\)"),
        ("thanks @[Acme_US](urn:li:organization:42)!", "thanks @[Acme\\_US](urn:li:organization:42)!"),
        ("@[x](urn:li:share:42)", "\\@\\[x\\]\\(urn:li:share:42\\)"),
        ("no reserved: 100% + 1 = ok & \"fine\"", "no reserved: 100% + 1 = ok & \"fine\""),
    ],
)  # fmt: skip
def test_hashtags_and_mentions_stay_alive_and_everything_else_is_text(text, little):
    assert escaped(text) == little


@given(st.text(alphabet=st.sampled_from(RESERVED + "ab1 é#＃@🦊\n"), max_size=60))
def test_whatever_is_written_is_shown_whole(text):
    assert shown(escaped(text)) == text.replace("＃", "#") or "＃" in text
    assert shown(escaped(text)).replace("#", "＃") == text.replace("#", "＃")


def test_a_text_has_to_fit_with_its_escapes_and_emoji_count_two():
    assert commentary_length("a" * 2_999 + "(") == 3_001
    assert commentary_length("🦊") == 2
    assert limits_of("linkedin").problems("a" * 3_000) == ()
    (problem,) = limits_of("linkedin").problems("(" * 1_501)
    assert "counts 3,002 characters and may have 3,000" in problem


def test_twenty_pictures_pass_and_twenty_one_do_not():
    assert limits_of("linkedin").problems("text", ["alt"] * 20) == ()
    assert limits_of("linkedin").problems("text", ["alt"] * 21) == (
        "The post for linkedin has 21 pictures and may have 20: remove 1.",
    )


def test_a_long_alt_text_is_named_by_the_number_of_its_picture():
    assert limits_of("x").problems("text", ["fine", "a" * 1_001]) == (
        "The alt text of picture 2 for x has 1,001 characters and may have 1,000: shorten it.",
    )
