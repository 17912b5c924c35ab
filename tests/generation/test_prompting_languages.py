"""Drafts in other languages keep their words; what the tables know of them is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.prompting import RulesWriter
from generation.prompting.words.language import detect_language

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="module")
def writer() -> RulesWriter:
    return RulesWriter.load(CONFIG)


@pytest.mark.parametrize(
    ("draft", "language"),
    [
        ("We are hiring, come and join us", "en"),
        ("ngl kinda mid", "en"),
        ("El perro y yo en la playa", "es"),
        ("Nosso cachorro está na praia hoje", "pt"),
        ("Le chat dort sur le livre", "fr"),
        ("Der Hund ist heute mit im Büro", "de"),
        ("Frohe Weihnachten euch allen", "de"),
        ("मेरा कुत्ता बहुत प्यारा है", "hi"),
        ("今日は猫と海に行った", "ja"),
        ("我们今天发布了", "zh"),
        ("안녕하세요", "ko"),
        ("Привет, друзья", "ru"),
        ("🔥🔥🔥", "und"),
        ("9:30", "und"),
    ],
)
def test_the_language_is_guessed(draft, language):
    assert detect_language(draft) == language


@pytest.mark.parametrize(
    ("draft", "drawn"),
    [
        ("El perro y yo en la playa, qué verano", ("a dog", "a beach")),
        ("Hoje tem churrasco e cerveja com os amigos", ("a steak", "a beer mug")),
        ("Le chat dort sur le livre", ("a cat", "books")),
        ("Der Hund ist heute mit im Büro", ("a dog", "an office building")),
        ("मेरा कुत्ता और चाय बहुत प्यारा है", ("a dog", "a cup of tea")),
        ("今日は猫と海に行った", ("a cat", "a beach")),
        ("東京でラーメンを食べる🍜", ("a bowl of noodles",)),
    ],
)
def test_known_words_of_the_language_are_drawn_and_the_text_stays(writer, draft, drawn):
    brief = writer.write(draft)
    for thing in drawn:
        assert thing in brief.prompt
    assert brief.normalized.rstrip(".") == draft.rstrip("🍜")
    assert any("reads as" in notice for notice in brief.notices)


def test_english_slang_is_not_read_into_other_languages(writer):
    brief = writer.write("Je dis merci à tous, la fête est sur la plage, ça va être mid")
    assert brief.spans == ()
    assert "a beach" in brief.prompt


def test_words_that_two_languages_share_follow_the_language(writer):
    assert "bread" in writer.write("El pan está en la mesa de la abuela").prompt
    assert "frying pan" in writer.write("the pan is on the stove for the eggs, cooking breakfast").prompt


def test_mocking_capitals_are_read_as_sarcasm(writer):
    brief = writer.write("I lOvE tHiS traffic")
    assert "grey" in brief.prompt
    assert "heart" not in brief.prompt
    assert "grey" not in writer.write("my iPhone and LinkedIn and YouTube").prompt
