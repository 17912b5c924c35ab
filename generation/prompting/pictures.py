"""What can be drawn, and which words ask for it.

A row of `pictures.tsv` is one thing to draw, in words that an emoji-trained model knows ("a running shoe"), with the
words that name it and, marked `~`, the themes that it stands for (`~launch` for "a rocket") or, marked `?`, that only
hint at it. The row `-` holds words that name no picture although an emoji is called so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.prompting.emojis import EmojiTable
from generation.prompting.slang import lengths_by_first
from generation.prompting.tables import LexiconError, read_rows, split_list

GROUPS = frozenset({"animal", "food", "object", "place", "person", "nature", "event", "sign"})
_PICTURE_COLUMNS = ("picture", "group", "words")
_MOOD_COLUMNS = ("mood", "adjective", "colours", "ground", "picture", "words")

NOT_DRAWN = "-"
NAMED_WEIGHT = 3.0
"""Rank of a thing that the draft names."""
THEME_WEIGHT = 2.0
"""Rank of a thing that stands for a theme of the draft."""
HINT_WEIGHT = 1.2
"""Rank of a thing that a common word hints at; it is drawn where the draft names nothing better."""
_MARKS = {"~": THEME_WEIGHT, "?": HINT_WEIGHT}


@dataclass(frozen=True, slots=True)
class Picture:
    """A thing to draw: the phrase for the prompt and how sure the words are that the draft is about it."""

    phrase: str
    weight: float
    group: str


@dataclass(frozen=True, slots=True)
class Mood:
    """A feeling and how it looks: an adjective for the alt text, colours and a ground for the prompt, and what to draw
    where the draft names nothing to draw."""

    name: str
    adjective: str
    colours: str
    ground: str
    picture: str


@dataclass(frozen=True, slots=True)
class PictureTable:
    """Words to things to draw. Build it with `load`."""

    by_words: Mapping[tuple[str, ...], Picture]
    lengths: Mapping[str, tuple[int, ...]]
    moods: Mapping[str, Mood]
    mood_words: Mapping[str, str]

    @classmethod
    def load(cls, pictures: Path, moods: Path, emojis: EmojiTable) -> PictureTable:
        """Read `pictures.tsv` and `moods.tsv`; emoji that show things add their names after them.

        Raises:
            LexiconError: a row is malformed.
        """
        by_words: dict[tuple[str, ...], Picture] = {}
        for number, (phrase, group, words) in read_rows(pictures, _PICTURE_COLUMNS):
            if group not in GROUPS:
                raise LexiconError(f"{pictures} line {number}: the group must be one of {', '.join(sorted(GROUPS))}.")
            by_mark = {mark: Picture(phrase, weight, group) for mark, weight in _MARKS.items()}
            named = Picture(phrase, NAMED_WEIGHT, group)
            for word in split_list(words):
                by_words.setdefault(tuple(word.lstrip("~?").split()), by_mark.get(word[0], named))
        for row in emojis.rows.values():
            if row.picture:
                by_words.setdefault(tuple(row.name.split()), Picture(row.picture, NAMED_WEIGHT, "object"))
        mood_table, mood_words = {}, {}
        for _, (name, adjective, colours, ground, picture, words) in read_rows(moods, _MOOD_COLUMNS):
            mood_table[name] = Mood(name, adjective, colours, ground, picture)
            mood_words.update(dict.fromkeys(split_list(words), name))
        return cls(by_words, lengths_by_first(by_words), mood_table, mood_words)

    def longest(self, words: Sequence[str], start: int) -> tuple[int, Picture] | None:
        """The longest run of words from `start` that names a picture: its length and the picture."""
        for first in base_forms(words[start]):
            found = self._longest_with(first, words, start)
            if found:
                return found if found[1].phrase != NOT_DRAWN else None
        for first in verb_stems(words[start]):
            found = self._longest_with(first, words, start)
            if found and not _means_another_verb(first, found[1]):
                return found if found[1].phrase != NOT_DRAWN else None
        return None

    def _longest_with(self, first: str, words: Sequence[str], start: int) -> tuple[int, Picture] | None:
        for length in self.lengths.get(first, ()):
            run = words[start + 1 : start + length]
            if len(run) < length - 1:
                continue
            for last in base_forms(run[-1]) if run else ("",):
                found = self.by_words.get((first, *run[:-1], last) if run else (first,))
                if found:
                    return length, found
        return None

    def named(self, name: str) -> Picture:
        """The picture of a name from another table; a name that is in no table is drawn as it reads."""
        found = self.by_words.get(tuple(name.split()))
        return Picture(found.phrase, NAMED_WEIGHT, found.group) if found else Picture(name, NAMED_WEIGHT, "object")


_IRREGULAR = {
    "mice": "mouse",
    "geese": "goose",
    "teeth": "tooth",
    "feet": "foot",
    "men": "man",
    "women": "woman",
    "children": "child",
}
_ES_PLURALS = ("ses", "xes", "zes", "ches", "shes", "oes")
_SHORTEST_STEM = 3
# "They squashed it" and "horsing around" show neither a pumpkin nor a horse.
_NEVER_VERBS = frozenset({"animal", "food"})
# Verbs that have nothing to do with the thing of their name: "trained all week" shows no train.
_OTHER_VERBS = frozenset(
    (
        *("bark", "bomb", "book", "bowl", "bridge", "can", "clock", "coast", "crush", "dress", "fade", "fan", "fiddle"),
        *("flag", "gear", "hammer", "kick", "match", "mind", "moon", "nail", "park", "present", "putt", "ring", "rock"),
        *("ship", "sink", "skirt", "star", "strike", "tip", "trail", "train", "trip", "wave"),
    )
)
# Animals and foods that are verbs in their base form too; "to coffee" and "we pizza" are not said.
_BARE_VERBS = frozenset(
    (
        *(
            "ape",
            "badger",
            "bear",
            "beef",
            "bug",
            "chicken",
            "clam",
            "crab",
            "crow",
            "duck",
            "egg",
            "ferret",
            "fox",
            "ham",
        ),
        *(
            "hawk",
            "hog",
            "horse",
            "hound",
            "jam",
            "milk",
            "parrot",
            "pepper",
            "pig",
            "rat",
            "ram",
            "squash",
            "squirrel",
        ),
        *("swan", "toast", "waffle", "weasel", "wolf", "worm"),
    )
)


def shows_nothing_as_verb(word: str, picture: Picture) -> bool:
    """Whether the picture that a word names has nothing to do with the verb of the same form."""
    return word in _OTHER_VERBS or (word in _BARE_VERBS and picture.group in _NEVER_VERBS)


def _means_another_verb(stem: str, picture: Picture) -> bool:
    return picture.group in _NEVER_VERBS or stem in _OTHER_VERBS


def base_forms(word: str) -> list[str]:
    """The word itself, then what it may be the plural or the possessive of."""
    forms = [word]
    if word in _IRREGULAR:
        forms.append(_IRREGULAR[word])
    if word.endswith(("'s", "s'")):
        word = word[:-2]
        forms.append(word)
    if len(word) <= _SHORTEST_STEM:
        return forms
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith("ves"):
        forms += [word[:-3] + "f", word[:-3] + "fe"]
    if word.endswith(_ES_PLURALS):
        forms.append(word[:-2])
    if word.endswith("s") and not word.endswith("ss"):
        forms.append(word[:-1])
    return forms


def verb_stems(word: str) -> list[str]:
    """What a word in -ing, -in' or -ed may be a form of."""
    forms = []
    for ending in ("ing", "in'", "ed"):
        stem = word[: -len(ending)]
        if word.endswith(ending) and len(stem) >= _SHORTEST_STEM:
            forms += [stem, stem + "e"]
            if stem[-1] == stem[-2]:
                forms.append(stem[:-1])
    return forms
