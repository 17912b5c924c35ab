"""What is learnt from examples: by their profiles and by the phrases they share."""

import numpy as np

from moderation.text.encoder import PROFILE_DIMENSION
from moderation.text.phrases import Phrases, phrases
from moderation.text.regression import HARMLESS, learn


def test_words_and_neighbours_are_phrases_without_signs_or_capitals() -> None:
    assert phrases("No questions, ASKED!") == ["no", "questions", "asked", "no questions", "questions asked"]


def test_a_phrase_counts_the_more_the_rarer_it_is_and_not_at_all_if_it_stands_in_one_example_only() -> None:
    known = Phrases.of(["cash only", "cash please", "cash today", "bring snow today", "one more"])
    weights = known.weights("Cash, snow, today!")
    assert weights.keys() == {"cash", "today"}
    assert weights["today"] > weights["cash"]
    assert np.isclose(sum(weight**2 for weight in weights.values()), 1)


def test_sentences_are_alike_by_the_phrases_they_share() -> None:
    sentences = ["no questions asked", "no questions please", "wasps and hornets", "wasps asked"]
    alike = Phrases.of(sentences).likeness(sentences)
    assert np.allclose(np.diag(alike), 1)
    assert alike[0, 1] > alike[0, 3] > alike[0, 2] == 0


def test_phrases_tell_sentences_apart_that_the_encoder_takes_for_the_same() -> None:
    sentences = ["fresh snow in town", "fresh snow for skis", "snow no questions asked", "powder no questions asked"]
    profiles = np.random.default_rng(0).normal(size=(4, PROFILE_DIMENSION)).astype(np.float32)
    learnt = learn(profiles, sentences, [HARMLESS, HARMLESS, "illegal", "illegal"], ["illegal"])
    same = np.zeros((2, PROFILE_DIMENSION), np.float32)
    harmless, bad = learnt.values(same, ["fresh bread", "pills, no questions asked"])[:, 0]
    assert bad > harmless


def test_what_was_learnt_says_of_its_own_examples_what_they_are_labelled() -> None:
    sentences = ["a b", "a c", "d e", "d f"]
    profiles = np.random.default_rng(1).normal(size=(4, PROFILE_DIMENSION)).astype(np.float32)
    learnt = learn(profiles, sentences, [HARMLESS, "hate", HARMLESS, "threat"], ["hate", "threat"])
    values = learnt.values(profiles, sentences)
    assert (values[:, 0] > 0).tolist() == [False, True, False, True]
    assert values[:, 1].argmax() == 1
    assert values[:, 2].argmax() == 3
