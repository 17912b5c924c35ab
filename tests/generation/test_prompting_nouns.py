"""The rules writer draws plain things that no hand-made table names, and only where they are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.prompting import Lexicon, LexiconError, RulesWriter
from generation.prompting.building.visible import Visible
from generation.prompting.building.wordnet import WordNet
from generation.prompting.words.nouns import COLUMNS, NounTable, with_article
from generation.prompting.words.pictures import GROUPS
from generation.prompting.words.rows import read_rows

ROOT = Path(__file__).resolve().parents[2]
LEXICON = ROOT / "config" / "lexicon"


@pytest.fixture(scope="module")
def writer() -> RulesWriter:
    return RulesWriter.load(ROOT / "config")


@pytest.fixture(scope="module")
def lexicon(writer) -> Lexicon:
    return writer.lexicon


@pytest.mark.parametrize(
    ("draft", "drawn"),
    [
        ("the village hall needs a new gazebo", "a gazebo"),
        ("an ibex on the ridge this morning", "an ibex"),
        ("a walrus in the marina, nobody panic", "a walrus"),
        ("free trombone to a good home", "trombone"),
        ("trestle tables out by noon please", "trestle tables"),
        ("our lemon tart sold out by ten", "a lemon tart"),
        ("haggis is back on the menu", "haggis"),
        ("knitted a striped balaclava", "a striped balaclava"),
        ("#walrus", "a walrus"),
        ("My New Gazebo Arrived Today", "a gazebo"),
    ],
)
def test_a_plain_thing_is_drawn_as_the_draft_calls_it(writer, draft, drawn):
    assert drawn in writer.write(draft).prompt


@pytest.mark.parametrize(
    ("draft", "not_drawn"),
    [
        ("she sings like a strangled walrus", "walrus"),
        ("the flat is as big as a gazebo", "gazebo"),
        ("my boss is a fossil", "fossil"),
        ("you absolute spoon", "spoon"),
        ("no more gazebos on the beach", "gazebo"),
        ("we can't table this motion any longer", "table"),
        ("anchor your brand in trust", "anchor"),
        ("they ferry parcels across town", "ferry"),
        ("you have to skirt the issue", "skirt"),
        ("off to The Plough with Gazebo Dave", "plough"),
        ("off to town with Gazebo Dave", "gazebo"),
        ("Meet Kestrel, our new barista", "kestrel"),
        ("a novel approach to plain speaking", "novel"),
        ("found a bug in the wardrobe service, prod is down", "insect"),
    ],
)
def test_what_is_only_compared_named_or_done_is_no_thing(writer, draft, not_drawn):
    assert not_drawn not in writer.write(draft).prompt.lower()


def test_things_of_the_hand_made_tables_come_before_plain_ones_and_those_before_themes(writer):
    prompt = writer.write("a walrus ate the pizza").prompt
    assert prompt.startswith("a pizza and a walrus")
    assert writer.write("the launch of our gazebo").prompt.startswith("a gazebo")


def test_a_kind_of_what_is_drawn_by_hand_is_named_with_it_and_told_alone(writer):
    brief = writer.write("a pelican stole my sandwich")
    assert brief.prompt.startswith("a pelican bird and a sandwich")
    assert brief.alt_text.endswith("illustration of a pelican and a sandwich.")
    assert "pelican" in brief.topics


def test_what_is_drawn_by_hand_as_something_else_stands_beside_that(writer):
    prompt = writer.write("the beekeeper is late again").prompt
    assert "a honeybee" in prompt
    assert "a beekeeper" in prompt


@pytest.mark.parametrize(
    ("draft", "drawn"),
    [("our office dog 🐕", "an office dog"), ("my new beach towel", "a beach towel")],
)
def test_two_nouns_side_by_side_are_one_thing(writer, draft, drawn):
    prompt = writer.write(draft).prompt
    assert drawn in prompt
    assert "a dog" not in prompt
    assert "a beach and" not in prompt


def test_a_topic_is_drawn_as_simply_as_the_tables_can(lexicon):
    assert lexicon.pictures.of_topic("walrus").phrase == "a walrus"
    assert lexicon.pictures.of_topic("pelican").phrase == "a bird"
    assert lexicon.pictures.of_topic("strategy") is None or not lexicon.pictures.of_topic("strategy").plain


def test_a_word_that_no_dictionary_holds_is_drawn_where_it_stands_as_a_noun(writer):
    assert "a khachapuri" in writer.write("we ordered a khachapuri").prompt
    assert "a khachapuri" in writer.write("we ordered a khachapuri and a pizza").prompt


@pytest.mark.parametrize(
    ("draft", "not_drawn"),
    [
        ("pizza, tacos and a khachapuri", "khachapuri"),
        ("a knobhead ate my pizza", "knobhead"),
        ("a postponement ruined my pizza", "postponement"),
        ("khachapuri me a pizza", "khachapuri"),
        ("like a khachapuri but with pizza", "khachapuri"),
    ],
)
def test_an_unknown_word_is_left_out_where_enough_is_known_or_it_may_be_no_thing(writer, draft, not_drawn):
    assert not_drawn not in writer.write(draft).prompt


@pytest.mark.parametrize("word", ["walrus", "dosa", "life jacket", "cathedral"])
def test_the_table_holds_plain_things(lexicon, word):
    assert word in lexicon.pictures.nouns.by_name


@pytest.mark.parametrize(
    "word", ["idea", "launch", "sick", "run", "nice", "nude", "pistol", "cigarette", "coffin", "gary"]
)
def test_the_table_holds_nothing_that_cannot_or_should_not_be_drawn(lexicon, word):
    assert word not in lexicon.pictures.nouns.by_name


def test_the_table_is_of_the_groups_that_pictures_have_and_without_common_words(lexicon):
    rows = [cells for _, cells in read_rows(LEXICON / "nouns.tsv", COLUMNS)]
    assert {group for group, _, _ in rows} <= GROUPS
    assert lexicon.common.isdisjoint(lexicon.pictures.nouns.by_name)
    assert 8_000 < len(lexicon.pictures.nouns.by_name) < 15_000


def test_a_damaged_table_of_nouns_is_refused_by_line(tmp_path):
    nouns, kinds = tmp_path / "nouns.tsv", tmp_path / "kinds.tsv"
    nouns.write_text("group\tarticle\twords\nanimal\tthe\twalrus\n", encoding="utf-8")
    kinds.write_text("kind\twords\n", encoding="utf-8")
    with pytest.raises(LexiconError, match="line 2"):
        NounTable.load(nouns, kinds)


@pytest.mark.parametrize(
    ("noun", "phrase"),
    [
        ("oat", "an oat"),
        ("ukulele", "a ukulele"),
        ("unicycle", "a unicycle"),
        ("umbrella", "an umbrella"),
        ("hourglass", "an hourglass"),
        ("x-ray", "an x-ray"),
    ],
)
def test_an_article_goes_by_sound(noun, phrase):
    assert with_article(noun) == phrase


# Three senses of two words, in WordNet's own form: a crane lifts or flies, or is a poet; a heron is a bird.
_NOUNS = """\
  1 A licence.
00000001 03 n 01 animal 0 000 | one
00000002 05 n 01 bird 0 001 @ 00000001 n 0000 | two
00000003 05 n 01 crane 0 001 @ 00000002 n 0000 | three
00000004 06 n 01 crane 0 000 | a device
00000005 18 n 01 Crane 0 000 | a poet
00000006 05 n 02 heron 0 great_heron 0 001 @ 00000002 n 0000 | six
"""
_SENSES = """\
animal%1:03:00:: 00000001 1 9
bird%1:05:00:: 00000002 1 9
crane%1:05:00:: 00000003 2 1
crane%1:06:00:: 00000004 1 4
crane%1:18:00:: 00000005 3 0
crane%2:29:00:: 00000007 1 2
great_heron%1:05:00:: 00000006 1 0
heron%1:05:00:: 00000006 1 0
"""


def test_a_noun_is_a_thing_as_far_as_texts_mean_one_by_it(tmp_path):
    (tmp_path / "data.noun").write_text(_NOUNS, encoding="utf-8")
    (tmp_path / "index.sense").write_text(_SENSES, encoding="utf-8")
    wordnet = WordNet.read(tmp_path)
    visible = Visible(wordnet, {wordnet.noun("animal.1"): "animal"})
    assert visible.meaning("heron") == ("animal", 1.0)
    group, share = visible.meaning("crane")
    assert group == "animal"
    assert 0.1 < share < 0.3, "once of seven times it is the bird"
    assert list(visible.kinds("heron", "animal")) == [{"heron", "great heron"}, {"bird"}, {"animal"}]
