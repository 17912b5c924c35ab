"""Articles: the readable text is found, each part has topics, and the whole becomes one picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generation.prompting import Brand, RulesWriter
from generation.prompting.article import ArticleError, read_article, write_article
from generation.prompting.article.topics import CHUNK_WORDS, chunk

CONFIG = Path(__file__).resolve().parents[2] / "config"

BEES = (
    "Bees and other pollinators visit flowers for nectar, and a single hive may visit millions of flowers in a day. "
    "Each honeybee carries pollen from blossom to blossom, so that the orchard around the hive can bear fruit. "
    "Beekeepers know that a strong hive needs a garden with flowers from spring to autumn. "
)
ROBOTS = (
    "Engineers now build robots no larger than a fingernail that fly between flowers like bees do. "
    "A robot of this kind needs a battery, and today's batteries carry it for a few minutes only. "
    "The robots learn their routes with machine learning on a computer, and each new robot flies better. "
)
PAGE = f"""<!doctype html><html><head><title>Site | Robots and bees</title><style>p {{color: red}}</style>
<script>var text = "buy pizza pizza pizza";</script></head><body>
<nav><ul><li><a href="/">Home page of the pizza site</a></li></ul></nav>
<div class="cookie-banner"><p>We use cookies, pizza cookies and more cookies.</p></div>
<article><h1>Robots that help bees</h1><p>{BEES * 3}</p><p>{ROBOTS * 3}<br>And &amp; so on, at last.</p>
<div class="share-buttons"><p>Share this story with all of your friends now</p></div>
<p><a href="/a">Read our long story about pizza in Rome</a></p></article>
<aside><p>Related: ten pizza places that you should know about.</p></aside>
<footer><p>Copyright pizza incorporated, all rights reserved.</p></footer></body></html>"""


@pytest.fixture(scope="module")
def writer() -> RulesWriter:
    return RulesWriter.load(CONFIG)


def test_the_story_is_read_without_the_furniture_around_it():
    article = read_article(PAGE)
    assert article.title == "Robots that help bees"
    assert "pizza" not in article.text
    assert "friends" not in article.text
    assert "And & so on" in article.text


def test_each_stage_is_visible_and_the_topics_are_the_storys(writer):
    made = write_article(writer, read_article(PAGE))
    assert {"a honeybee", "a robot"} <= {topic["picture"] for topic in made.brief.article["topics"]}
    assert len(made.brief.article["topics"]) <= 6
    assert len(made.brief.article["chunks"]) >= 2
    assert "a robot" in made.brief.prompt
    assert "a honeybee" in made.brief.prompt
    assert "pizza" not in json.dumps(made.brief.to_dict())
    assert made.brief.draft == "Robots that help bees"
    assert made.brief.article["word_count"] == read_article(PAGE).word_count
    assert made.brief.article["title"] in made.gist
    assert any("words of the article" in notice for notice in made.brief.notices)


def test_the_post_that_goes_with_it_stays_the_draft(writer):
    made = write_article(writer, read_article(PAGE), draft="this is wild 🤖🐝")
    assert made.brief.draft == "this is wild 🤖🐝"
    assert "a robot" in made.brief.prompt


def test_the_brand_rules_over_articles_too(writer):
    branded = RulesWriter(writer.lexicon, Brand(avoid=("robot",), style="paper cut-out"))
    prompt = write_article(branded, read_article(PAGE)).brief.prompt
    assert "robot" not in prompt
    assert prompt.endswith("paper cut-out")


def names_of(made):
    return {topic["name"] for topic in made.brief.article["topics"]}


def test_topics_that_mean_the_same_are_merged_when_there_are_embeddings(writer):
    text = "Those who came to the auction saw the bidding of an hour. The violinist was at the window. " * 40

    def embed(texts):
        return [[1.0, 0.0] if text in {"auction", "bidding"} else [0.0, 1.0] for text in texts]

    apart = names_of(write_article(writer, read_article(text)))
    together = names_of(write_article(writer, read_article(text), embed=embed))
    assert {"auction", "bidding"} <= apart
    assert {"auction and bidding", "bidding and auction"} & together


def test_verbs_and_names_are_no_topics_and_nouns_that_go_together_are_named_together(writer):
    text = (
        "Marlene explains what a heat pump does. With the heat pump of the house Marlene saves, and saves, and saves. "
        "Nobody explains the radiator better. "
    ) * 8
    names = write_article(writer, read_article(text)).brief.topics
    assert any("heat pump" in name for name in names)
    assert not any(word in name for name in names for word in ("marlene", "explain", "save"))


def test_words_that_an_article_keeps_together_are_one_topic_and_its_title_names_it(writer):
    text = "Of tide pools\n\n" + "The tide pool is small. A tide pool holds a snail. Pools of this kind are old. " * 12
    names = names_of(write_article(writer, read_article(text)))
    assert "tide pool" in names
    assert "pool" not in names


def test_lines_that_pages_add_to_any_article_are_not_read():
    added = "<p>Share this story: Twitter or Facebook or mail</p><p>© 2026 The Weekly, its owners and friends</p>"
    article = read_article(f"<html><body><article><p>{BEES * 3}</p>{added}</article></body></html>")
    assert "Twitter" not in article.text
    assert "Weekly" not in article.text


def test_parts_end_where_sentences_do():
    parts = chunk(f"{BEES}{ROBOTS}" * 6)
    assert len(parts) > 1
    assert all(len(part.split()) <= CHUNK_WORDS for part in parts)
    assert all(part.rstrip().endswith(".") for part in parts)


def test_plain_text_has_its_first_line_as_title():
    article = read_article(f"# Of bees\n\n{BEES * 3}\n\n{ROBOTS}")
    assert article.title == "Of bees"
    assert len(article.paragraphs) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Only 0 words"),
        ("<html><body><div id=app></div></body></html>", "browser"),
        ("%PDF-1.7 binary", "PDF"),
        ("GIF89a\x00\x01" * 50, "binary"),
        ("\ufffd" * 500, "binary"),
    ],
)
def test_what_is_no_article_is_refused_in_one_line(text, says):
    with pytest.raises(ArticleError, match=says) as refusal:
        read_article(text)
    assert "\n" not in str(refusal.value)


def test_a_long_article_is_read_from_its_beginning(writer):
    article = read_article((BEES + "\n\n") * 2000)
    assert len(article.text) < 130_000
    assert "Only the first" in article.notices[0]


@pytest.mark.parametrize(
    "damaged",
    [
        f"<div>{'<div>' * 5000}<p>{BEES * 2}</p>",
        f"</p></div></article><p>{BEES * 2}<p>{ROBOTS * 2}",
        f"<p>{BEES * 2}</p><script>if (a < b) {{ document.write('<p>pizza</p>'",
        f"<article>{BEES * 2}<!-- never closed <p>pizza",
    ],
)
def test_damaged_markup_is_read_as_far_as_it_goes(damaged):
    article = read_article(damaged, is_html=True)
    assert "honeybee" in article.text
    assert "pizza" not in article.text


def test_an_article_of_another_language_says_so(writer):
    text = "La ciudad celebra la fiesta del libro en la plaza, y los vecinos traen libros para todos los niños. " * 8
    made = write_article(writer, read_article(text))
    assert made.brief.language == "es"
    assert any("Spanish" in notice for notice in made.brief.notices)


def test_invisible_characters_neither_part_words_nor_turn_them_around(writer):
    hidden = "The ro\u200bcket stands on its \u202epad\u202c and the astro\u00adnauts wave to the crowd. " * 20
    made = write_article(writer, read_article(f"Of rockets\n\n{hidden}"))
    assert made.brief.article["topics"][0]["name"] == "rocket"
    assert any("80 invisible characters" in notice for notice in made.brief.notices)


def test_a_topic_of_many_parts_comes_before_one_that_a_single_part_dwells_on(writer):
    filler = "And then it was as it had been before, and so it would be for us and for all of them. " * 9
    parts = [f"The old tractor came by. {filler}" for _ in range(6)] + ["Pizza, pizza, pizza and pizza again. " * 3]
    made = write_article(writer, read_article("\n\n".join(parts)))
    assert made.brief.article["topics"][0]["picture"] == "a tractor"
