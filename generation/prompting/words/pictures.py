"""What can be drawn, and which words ask for it.

A row of `pictures.tsv` is one thing to draw, in words that an emoji-trained model knows ("a running shoe"), with the
words that name it and, marked `~`, the themes that it stands for (`~launch` for "a rocket") or, marked `?`, that only
hint at it. The row `-` holds words that name no picture although an emoji is called so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.prompting.words.emojis import EmojiTable
from generation.prompting.words.homonyms import means_another_verb
from generation.prompting.words.inflection import base_forms, verb_stems
from generation.prompting.words.nouns import NounFound, NounTable
from generation.prompting.words.picture import HINT_WEIGHT, NAMED_WEIGHT, THEME_WEIGHT, Picture
from generation.prompting.words.rows import LexiconError, read_rows, split_list
from generation.prompting.words.slang import lengths_by_first
from generation.prompting.words.standing import is_counted_or_owned, is_determined
from generation.prompting.words.wording import in_own_words, of_pair, plain_picture

GROUPS = frozenset({"animal", "food", "object", "place", "person", "nature", "event", "sign"})
_PICTURE_COLUMNS = ("picture", "group", "words")
_MOOD_COLUMNS = ("mood", "adjective", "colours", "ground", "picture", "words")

NOT_DRAWN = "-"
_MARKS = {"~": THEME_WEIGHT, "?": HINT_WEIGHT}


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
    nouns: NounTable

    @classmethod
    def load(cls, pictures: Path, moods: Path, emojis: EmojiTable, nouns: NounTable) -> PictureTable:
        """Read `pictures.tsv` and `moods.tsv`; emoji that show things add their names; plain nouns come after both.

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
        return cls(by_words, lengths_by_first(by_words), mood_table, mood_words, nouns)

    def longest(self, words: Sequence[str], start: int) -> tuple[int, Picture] | None:
        """The longest run of words from `start` that names a picture: its length and the picture.

        Of runs of the same length the hand-made tables decide, and plain nouns may have a say in their phrases.
        """
        found, noun = self._by_hand(words, start), self.nouns.longest(words, start)
        length = max(found[0] if found else 0, noun.length if noun else 0)
        pair = self.nouns.pair(words, start) if length == 1 else None
        if pair:
            head = self._by_hand(words, start + 1)
            drawn = head[1] if head and head[0] == 1 and head[1].phrase != NOT_DRAWN else None
            return pair.length, of_pair(pair, drawn, self.nouns)
        if noun and noun.length == length:
            return self._with_noun(noun, found[1] if found and found[0] == length else None, words, start)
        return found if found and found[1].phrase != NOT_DRAWN else None

    def _with_noun(
        self, noun: NounFound, by_hand: Picture | None, words: Sequence[str], start: int
    ) -> tuple[int, Picture] | None:
        """What a noun names, beside what the hand-made tables have for the same words."""
        surely = is_counted_or_owned(words, start)
        if by_hand is None:
            return noun.length, plain_picture(noun, is_thing=noun.sure or surely)
        if by_hand.phrase != NOT_DRAWN:
            return noun.length, in_own_words(by_hand, noun, self.nouns)
        if noun.sure and is_determined(words, start):
            return noun.length, plain_picture(noun, is_thing=noun.group == "animal" or surely)
        return None

    def of_topic(self, word: str) -> Picture | None:
        """What a word names outright, as simply as the hand-made tables draw it, so that likes are drawn alike."""
        found, noun = self._by_hand([word], 0), self.nouns.longest([word], 0)
        if found:
            return found[1] if found[1].phrase != NOT_DRAWN and found[1].weight > HINT_WEIGHT else None
        return plain_picture(noun, is_thing=True) if noun and noun.sure else None

    def draws_nothing(self, word: str) -> bool:
        """Whether a word is known and yet names nothing to draw by itself."""
        found = next(filter(None, (self.by_words.get((form,)) for form in base_forms(word))), None)
        return found is not None and found.phrase == NOT_DRAWN

    def _by_hand(self, words: Sequence[str], start: int) -> tuple[int, Picture] | None:
        for first in base_forms(words[start]):
            if found := self._longest_with(first, words, start):
                return found
        for first in verb_stems(words[start]):
            found = self._longest_with(first, words, start)
            if found and not means_another_verb(first, found[1]):
                return found
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
