"""Phrases are found in whatever form a draft has them, and words that only sound like things are not drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.prompting import LexiconError, RulesWriter
from generation.prompting.words.phrases import Phrases
from generation.prompting.words.verbs import Verbs

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="module")
def writer() -> RulesWriter:
    return RulesWriter.load(CONFIG)


@pytest.fixture(scope="module")
def verbs() -> Verbs:
    return Verbs.load(CONFIG / "lexicon" / "verbs.tsv")


@pytest.mark.parametrize(
    ("draft", "reads"),
    [
        ("She spilled all the beans.", "She told the secret."),
        ("Dave keeps spillin' the beans.", "Dave keeps telling the secret."),
        ("He has been pulling my mate's leg.", "He has been teasing my mate."),
        ("He is pulling your leg.", "He is teasing you."),
        ("They threw the whole team under the bus.", "They betrayed the whole team."),
        ("She bit the proverbial bullet.", "She faced it."),
        ("He got cold feet.", "He became afraid."),
    ],
)
def test_a_phrase_is_found_with_its_verb_bent_its_owner_changed_and_an_intensifier_inside(writer, draft, reads):
    brief = writer.write(draft)
    assert brief.normalized == reads
    assert any(span.kind == "idiom" for span in brief.spans)


def test_a_participle_in_a_phrase_is_not_its_verb(writer):
    assert writer.write("we're cooked").normalized == "We are in trouble."
    assert "trouble" not in writer.write("we're cooking pasta").normalized


def test_nothing_stands_for_itself_where_the_words_of_a_phrase_are_far_apart(writer):
    brief = writer.write("she spilled coffee on the beans")
    assert "coffee" in brief.prompt
    assert "beans" in brief.prompt


def test_the_longest_of_overlapping_phrases_comes_first_and_says_what_filled_it(verbs):
    phrases = Phrases([("hit", "the", "road"), ("hit", "the", "road", "jack"), ("pull", "one's", "leg")], verbs)
    keys = ["hitting", "the", "road", "jack"]
    assert {match.length for match in phrases.matches(keys, 0)} == {3, 4}
    (match,) = phrases.matches(["pulled", "the", "boss's", "leg"], 0)
    assert match.filled("tease one's ally", ["pulled", "the", "boss's", "leg"]) == "tease the boss's ally"


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("spill", ("spills", "spilled", "spilt", "spilling", "spillin'")),
        ("plan", ("plans", "planned", "planning")),
        ("bury", ("buries", "buried", "burying")),
        ("lie", ("lies", "lay", "lying")),
        ("panic", ("panics", "panicked", "panicking")),
        ("throw", ("throws", "threw", "thrown", "throwing")),
        ("cover", ("covers", "covered", "covering")),
    ],
)
def test_the_forms_of_a_verb_lead_to_it(verbs, verb, forms):
    assert {verbs.base(form) for form in forms if form != "lay"} == {verb}


def test_a_damaged_table_of_verbs_is_refused_by_line(tmp_path):
    path = tmp_path / "verbs.tsv"
    path.write_text("verb\tpast\tparticiple\nspill\tspilt\tspilt\tmore\n", encoding="utf-8")
    with pytest.raises(LexiconError, match="line 2"):
        Verbs.load(path)


@pytest.mark.parametrize(
    ("draft", "not_drawn"),
    [
        ("she sings like a wounded crocodile", "crocodile"),
        ("the flat is as big as a castle", "castle"),
        ("we train hard and can't bear losing", "train"),
        ("Meet Pepper, our new puppy", "pepper"),
        ("I kid you not, this meeting could have been an email", "child"),
    ],
)
def test_comparisons_names_and_verbs_show_no_things(writer, draft, not_drawn):
    prompt = writer.write(draft).prompt
    assert not_drawn not in prompt.replace("training", "")


@pytest.mark.parametrize(
    ("draft", "not_drawn"),
    [
        ("my toddler is a tornado", "tornado"),
        ("our coach is such a dinosaur", "dinosaur"),
        ("they're basically a storm", "lightning"),
    ],
)
def test_what_a_person_is_called_is_not_drawn(writer, draft, not_drawn):
    assert not_drawn not in writer.write(draft).prompt


def test_pets_and_things_are_what_they_are_called(writer):
    assert "a tabby cat" in writer.write("Meet Olive, she's a lovely tabby").prompt
    assert "tornado" in writer.write("this cloud is a tornado").prompt


def test_what_looks_like_a_thing_may_be_drawn_as_it(writer):
    assert "hedgehog" in writer.write("this bread looks like a hedgehog").prompt


def test_colours_that_belong_to_no_thing_colour_the_picture(writer):
    assert "pink colours" in writer.write("press-on nails in 14 shades of pink").prompt
    assert "a red car" in writer.write("my red car").prompt


def test_a_word_that_is_often_slang_is_drawn_beside_its_kind_or_where_nothing_surer_is_named(writer):
    assert "fire" not in writer.write("fire at the office").prompt
    assert "a snake" in writer.write("a snake and a hamster live here").prompt
    assert "clown" in writer.write("the clown again").prompt
