"""X's weighted length, held against npm's twitter-text 3.1.0.

`data/twitter_text_3_1_0.json` holds its answers for texts of `random_texts`. With node and the package at hand
(`npm install twitter-text@3.1.0`, found beside the repository or through TWITTER_TEXT), thousands more are compared.
To write the sample anew: `python tests/publishers/test_x_text.py > tests/publishers/data/twitter_text_3_1_0.json`.
"""

import functools
import json
import os
import random
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from emoji import EMOJI_DATA

from publishers import limits_of
from publishers.x.links import find_links
from publishers.x.text import has_link, weighted_length

DATA = Path(__file__).parent / "data"
SAMPLE = DATA / "twitter_text_3_1_0.json"

WORDS = """the fox ate no cap bestie e.g. i.e. U.S. node.js and/or 3.14 a.b co.uk hello.world test.dev v1.2.3 @user
    $AAPL #tag #日本語 naïve straße Жук"""
HOSTS = "example a-b sub.domain foo_bar www.x XN--fiq 例え пример münchen -bad bad- a.b.c.d 💩 x"
TOP_LEVEL = "com org net io dev ai co.uk de рф 中国 みんな xn--p1ai photography invalidtld museum онлайн ws py"
PATHS = """/ /a /foo_(bar) /(a(b)c) /@user/ /x. /é /ж /a,b;c /a|b /?q=1 ?a=b&c=d ?q=hello! #frag /#frag :8080 :80/x
    /日本 /a)b /(( /"q" /%20 /~me/ /–dash /a*b'c /&amp; /ɐ /ʀ"""
CHARACTERS = ((32, 0x24F), (0x250, 0x10FF), (0x1100, 0x3000), (0x3000, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF))
VISIBLE_ODDITIES = "e\u0301 ä 한 \u200b \u202e … — “ ” © ™ ® 1\u20e3 #\ufe0f\u20e3 🇩🇪 🇩 \u0345"
BLANKS = ["\u2028", "\u00a0", "\u3000", "\r\n", "\n", "\t"]


def random_texts(seed: int, count: int) -> list[str]:
    """Texts of words, links, emoji and oddities, glued together as people and machines do."""
    chooser = random.Random(seed)
    emoji = list(EMOJI_DATA)
    words, hosts, paths, domains = WORDS.split(), HOSTS.split(), PATHS.split(), TOP_LEVEL.split()
    oddities = [*VISIBLE_ODDITIES.split(" "), *BLANKS]

    def link() -> str:
        scheme = chooser.choice(["", "https://", "http://", "HTTPS://", "ftp://", "://", "https:/"])
        rest = "".join(chooser.choice(paths) for _ in range(chooser.randint(0, 3)))
        return f"{scheme}{chooser.choice(hosts)}.{chooser.choice(domains)}{rest}"

    def short_link() -> str:
        slug = "".join(chooser.choices("abcXYZ019", k=chooser.choice([1, 10, 41])))
        return f"https://t.co/{slug}" + chooser.choice(["", "/x", "?a=b", " "])

    def piece() -> str:
        kind = chooser.random()
        if kind < 0.25:
            return link()
        if kind < 0.45:
            return chooser.choice(emoji) + chooser.choice(["", "", "\ufe0f", "\ufe0e", "\u200d", "\U0001f3fd"])
        if kind < 0.7:
            return chooser.choice(words)
        if kind < 0.75:
            return short_link()
        if kind < 0.85:
            return chr(chooser.randint(*chooser.choice(CHARACTERS)))
        if kind < 0.9:
            return chooser.choice(oddities)
        return "".join(chooser.choices("abc ABC.,!/:@#$-_()'\"", k=chooser.randint(1, 8)))

    def text() -> str:
        return "".join(piece() + chooser.choice(["", " ", " ", "."]) for _ in range(chooser.randint(0, 8)))

    return [text() for _ in range(count)]


@functools.cache
def twitter_text() -> str | None:
    """Where node finds twitter-text 3.1.0, or None."""
    if shutil.which("node") is None:
        return None
    for place in filter(None, [os.environ.get("TWITTER_TEXT"), str(Path.cwd() / "node_modules" / "twitter-text")]):
        package = Path(place) / "package.json"
        if package.exists() and json.loads(package.read_text())["version"] == "3.1.0":
            return place
    return None


def answers_of_twitter_text(texts: list[str]) -> list[tuple[int, int]]:
    run = subprocess.run(
        ["node", str(DATA / "twitter_text.js")],
        input=json.dumps(texts),
        env={**os.environ, "TWITTER_TEXT": str(twitter_text())},
        capture_output=True,
        text=True,
        check=True,
    )
    return [(length, links) for length, links in json.loads(run.stdout)]


def differences(texts: list[str], answers: list[tuple[int, int]]) -> list[tuple[str, int, int]]:
    """Each text whose length or links are counted otherwise, but for the one documented difference."""
    found = []
    for text, (length, links) in zip(texts, answers, strict=True):
        ours, normal = weighted_length(text), unicodedata.normalize("NFC", text)
        styled_and_toned = sum(normal.count("\ufe0f" + chr(tone)) for tone in range(0x1F3FB, 0x1F400))
        if len(find_links(normal)) != links or not length <= ours <= length + 2 * styled_and_toned:
            found.append((text, ours, length))
    return found


def test_lengths_and_links_equal_those_of_twitter_text_on_the_committed_sample():
    sample = json.loads(SAMPLE.read_text())
    assert len(sample["texts"]) >= 2_000
    assert differences(sample["texts"], sample["answers"]) == []


@pytest.mark.skipif(twitter_text() is None, reason="node or npm's twitter-text 3.1.0 is not at hand")
@pytest.mark.parametrize("seed", [11, 12])
def test_lengths_and_links_equal_those_of_twitter_text_on_thousands_of_fresh_texts(seed):
    texts = random_texts(seed, 5_000)
    assert differences(texts, answers_of_twitter_text(texts)) == []


@pytest.mark.skipif(twitter_text() is None, reason="node or npm's twitter-text 3.1.0 is not at hand")
def test_every_emoji_there_is_counts_as_in_twitter_text():
    texts = [*EMOJI_DATA, *(emoji + "\ufe0f" for emoji in EMOJI_DATA)]
    assert differences(texts, answers_of_twitter_text(texts)) == []


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("hello", 5),
        ("e\u0301", 1),  # normalised
        ("日本語", 6),
        ("🦊", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇩🇪", 2),
        ("1️⃣", 2),
        ("see https://example.com/a/very/long/path?with=a&query=too now", 4 + 23 + 4),
        ("example.com", 23),
        ("@example.com", 12),
        ("no.invalidtld", 13),
        ("a.b", 3),
        ("(https://en.wikipedia.org/wiki/Fox_(animal))", 1 + 23 + 1),
        ("“quoted”", 8),
    ],
)
def test_what_counts_how_much(text, length):
    assert weighted_length(text) == length


def test_a_post_of_exactly_280_passes_and_one_more_does_not():
    x = limits_of("x")
    link = " https://example.com/" + "a" * 100
    assert x.problems("a" * (280 - 24) + link) == ()
    assert x.problems("a" * (281 - 24) + link) == (
        "The text for x counts 281 characters and may have 280: shorten it by 1.",
    )


def test_a_byte_order_mark_is_refused_by_name():
    assert limits_of("x").problems("a\ufeffb") == ("The text for x holds the invisible character U+FEFF: remove it.",)


def test_a_text_far_too_long_is_counted_without_a_search_for_links():
    assert weighted_length("a." * 1_000_000) == 2_000_000


@pytest.mark.parametrize("text", ["https://x.y", "see nothing", "3.14", "a@example.com"])
def test_a_text_without_a_link_has_none(text):
    assert not has_link(text)


@pytest.mark.parametrize("text", ["see example.com.", "http://例え.みんな", "https://t.co/abc"])
def test_a_text_with_a_link_has_one(text):
    assert has_link(text)


if __name__ == "__main__":
    texts = random_texts(1, 2_500)
    json.dump({"texts": texts, "answers": answers_of_twitter_text(texts)}, sys.stdout)
