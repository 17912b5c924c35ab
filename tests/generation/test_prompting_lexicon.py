"""The tables in config/lexicon are whole, sorted and harmless, and a damaged one is refused by line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generation.prompting import Lexicon, LexiconError
from generation.prompting.words.emojis import EmojiTable
from generation.prompting.words.rows import read_rows
from generation.prompting.words.slang import Context, Slang, choose
from generation.prompting.words.tokens import tokenize
from generation.prompting.words.verbs import Verbs

FOLDER = Path(__file__).resolve().parents[2] / "config" / "lexicon"
COLUMNS = ("term", "kind", "meaning", "picture", "avoid", "when")


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load(FOLDER)


def test_the_lexicon_has_the_entries_that_were_asked_for(lexicon):
    assert len(lexicon.slang) >= 1500
    for term in ("stonks", "doggo", "slaps", "ngl", "iykyk", "bussin"):
        assert term in lexicon.slang


def test_the_slang_table_is_sorted_by_term():
    terms = [cells[0].lower().lstrip("'*/") for _, cells in read_rows(FOLDER / "slang.tsv", COLUMNS)]
    assert terms == sorted(terms)


def test_moods_named_by_slang_exist(lexicon):
    named = {
        name.strip()[1:]
        for _, cells in read_rows(FOLDER / "slang.tsv", COLUMNS)
        for name in cells[3].split(",")
        if name.strip().startswith("@")
    }
    assert named <= set(lexicon.pictures.moods)


def test_common_words_alone_never_become_slang(lexicon):
    """Ordinary words may have slang senses, but each needs a cue: alone they stay as written."""
    slang = "obsessed iconic yummy unreal insane gossip yay bye yep nope congrats hooray vibe vibes era asap omg lol"
    short = "ratio wtf damn gonna wanna kinda gotta im cannot"
    allowed = {*slang.split(), *short.split()}
    rewritten = set()
    for word in lexicon.common - allowed:
        senses = lexicon.slang.senses((word,))
        sense = choose(senses, Context([word]), 0, 1) if senses else None
        if sense and sense.kind != "contraction" and not sense.literal and sense.meaning != word:
            rewritten.add(word)
    assert rewritten == set()


def test_every_emoji_of_a_sequence_or_with_a_skin_tone_is_found(lexicon):
    for emoji in ("👩🏽‍🚀", "❤️", "❤", "👍🏿", "🏳️‍🌈", "1️⃣", "🇧🇷", "👨‍👩‍👧‍👦"):
        (token,) = tokenize(emoji)
        assert lexicon.emojis.find(token.key) is not None, emoji


def test_short_codes_of_slack_are_known(lexicon):
    assert lexicon.emojis.shortcodes["rocket"] == "🚀"
    assert lexicon.emojis.shortcodes["tada"] == "🎉"


@pytest.mark.parametrize(
    ("table", "content", "says"),
    [
        ("slang.tsv", "term\tkind\tmeaning\tpicture\tavoid\twhen\nfoo\tnonsense\tbar\n", "line 2"),
        ("slang.tsv", "term\tkind\tmeaning\tpicture\tavoid\twhen\nfoo\tslang\ta\tb\tc\td\te\n", "line 2"),
        ("slang.tsv", "word\tmeaning\n", "columns"),
        ("slang.tsv", "", "header"),
        ("pictures.tsv", "picture\tgroup\twords\na cat\tghosts\tcat\n", "line 2"),
        ("emoji.tsv", None, "missing"),
        ("common.txt", None, "common.txt"),
    ],
)
def test_a_damaged_table_is_refused_with_its_place(tmp_path, table, content, says):
    folder = tmp_path / "lexicon"
    shutil.copytree(FOLDER, folder)
    (folder / table).unlink()
    if content is not None:
        (folder / table).write_text(content, encoding="utf-8")
    with pytest.raises(LexiconError, match=says):
        Lexicon.load(folder)


def test_a_table_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "emoji.tsv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LexiconError, match="cannot be read"):
        EmojiTable.load(path)


def test_cues_beside_a_term_weigh_more_than_cues_far_away(tmp_path):
    path = tmp_path / "slang.tsv"
    path.write_text(
        "term\tkind\tmeaning\tpicture\tavoid\twhen\n"
        "bat\tsense\tclub\t\t\t<baseball\n"
        "bat\tsense\tanimal\t\t\tcave, night\n",
        encoding="utf-8",
    )
    senses = Slang.load(path, Verbs({}, {})).senses(("bat",))
    keys = ["the", "baseball", "bat", "flew", "into", "the", "cave", "at", "night"]
    assert choose(senses, Context(keys), 2, 3).meaning == "club"
    assert choose(senses, Context(keys[2:]), 0, 1).meaning == "animal"
    assert choose(senses, Context(["bat"]), 0, 1) is None
