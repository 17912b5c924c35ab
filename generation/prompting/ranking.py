"""Ranks what could be drawn for a draft: things it names before things that stand for its themes, the first before the
last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from generation.prompting.figurative import is_comparison, is_metaphor, is_name, is_negated, is_verb
from generation.prompting.lexicon import Lexicon
from generation.prompting.looks import SCHEME_COLOURS, look_before
from generation.prompting.reading import Reading
from generation.prompting.unknown import is_rare, may_be_a_thing
from generation.prompting.words.languages import ENGLISH, LanguageTable
from generation.prompting.words.picture import BESIDE_WEIGHT, NAMED_WEIGHT, Picture
from generation.prompting.words.pictures import Mood, PictureTable
from generation.prompting.words.slang import NO_PICTURE
from generation.prompting.words.standing import is_counted_or_owned, is_number

_SLANG_WEIGHT = 3.0
_EMOJI_WEIGHT = 2.6
_DECORATION_WEIGHT = 1.2
_HASHTAG_WEIGHT = 2.4
_MEANING_FACTOR = 0.8
_DOUBT_FACTOR = 0.45
"""What may mean another thing is drawn only where nothing surer is left."""
_KINDS = frozenset({"animal", "food"})
"""Groups whose members vouch for each other."""
_TITLE_SHARE = 0.6
_OFTEN_CAPITAL = frozenset({"food"})
"""Groups whose members are written with a capital though they are no names: "try the Raspberry Tart"."""
_AGAIN = 0.6
"""Added for each further mention of the same thing."""
_PERSON_FACTOR = 0.7
"""People are in most posts and seldom what a post is about."""
_LATER = 0.004
"""Taken off for each word that stands before a mention, so that equals keep the draft's order."""

# Emoji that people add to any post; they say little about what it is about.
_DECORATIONS = frozenset(
    "✨🎉🙌👏💪👀🙏✅👇🚨📢🔗➡👉👈💯🔥❤💙💚💛🧡💜🖤🤍🤎💖💕💗💓💘💞🩷🩵🩶⭐🌟💫⚡🎊🥳📣👆🔔🆕ℹ❗‼💥♥🫶🤝📌📍🔴🟢⏰⬇☑✔❌❓🆓"
)


SARCASTIC = "sarcastic"
"""The mood of a draft that means the opposite; one mark of it outweighs every other mood."""
_SARCASM_TAGS = frozenset({"not", "sarcasm", "sarcastic", "irony", "ironic", "kidding", "jk"})
# What praise looks like; a sarcastic draft does not mean it.
_PRAISE = frozenset({"a red heart", "a party popper with confetti", "a smiling face", "fireworks", "a thumbs up"})


@dataclass(frozen=True, slots=True)
class Ranked:
    """A thing to draw with its rank and, where the draft tells it, its look: "red", "striped"."""

    picture: Picture
    score: float
    look: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a draft is about, best first; what it is not about; how it feels; the colours that it names for no thing.

    `rare` are words that nobody knows and that stand as nouns do, `unknown` others that may be things.
    """

    things: tuple[Ranked, ...]
    unwanted: tuple[str, ...]
    mood: Mood | None
    unknown: tuple[str, ...]
    colours: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    scores: dict[str, float]
    pictures: dict[str, Picture]
    looks: dict[str, str]
    unwanted: list[str]
    moods: dict[str, float]
    in_words: set[str]
    alone: list[str]

    def add(self, picture: Picture, score: float, look: str = "") -> None:
        score *= _PERSON_FACTOR if picture.group == "person" else 1.0
        known = self.scores.get(picture.phrase)
        self.scores[picture.phrase] = score if known is None else max(known, score) + _AGAIN
        self.pictures.setdefault(picture.phrase, picture)
        if look:
            self.looks.setdefault(picture.phrase, look)

    def feel(self, mood: str, weight: float) -> None:
        self.moods[mood] = self.moods.get(mood, 0.0) + weight


def rank(readings: Sequence[Reading], lexicon: Lexicon, language: str = "en") -> Ranking:
    """The things, moods and unknown words of a read draft."""
    tally = _Tally({}, {}, {}, [], {}, set(), [])
    words = _open_words(readings, lexicon, tally)
    names: PictureTable | LanguageTable = lexicon.pictures
    if language not in ENGLISH:
        names = table = lexicon.languages.table(language)
        words = [replace(word, key=piece) for word in words for piece in table.pieces(word.key)]
    rare, unknown = _named_things(words, lexicon, names, tally)
    unwanted = [phrase for phrase in dict.fromkeys(tally.unwanted) if phrase not in tally.in_words]
    mood = SARCASTIC if SARCASTIC in tally.moods else max(tally.moods, key=lambda name: tally.moods[name], default=None)
    left_out = {*unwanted, *_echoes(readings, tally), *(_PRAISE if mood == SARCASTIC else ())}
    things = sorted(
        (
            Ranked(tally.pictures[phrase], score, tally.looks.get(phrase, ""))
            for phrase, score in tally.scores.items()
            if phrase not in left_out
        ),
        key=lambda thing: -thing.score,
    )
    feeling = lexicon.pictures.moods[mood] if mood else None
    return Ranking(
        tuple(things), tuple(unwanted), feeling, tuple(unknown), tuple(dict.fromkeys(tally.alone)), tuple(rare)
    )


def _echoes(readings: Sequence[Reading], tally: _Tally) -> set[str]:
    """Things that only an emoji shows and that a figure of speech means otherwise: the owl after "night owl"."""
    literal = {word for reading in readings if reading.sense and reading.is_span for word in reading.sense.avoid}
    return {phrase for phrase in tally.scores if phrase not in tally.in_words and literal & set(phrase.split())}


@dataclass(frozen=True, slots=True)
class _Word:
    key: str
    place: int
    factor: float
    known: bool
    capital: bool = False
    doubtful: bool = False
    name: bool = False


_BREAK = _Word(".", 0, 0.0, True)


def _open_words(readings: Sequence[Reading], lexicon: Lexicon, tally: _Tally) -> list[_Word]:
    """The words that may name things, in order; readings that say what to draw themselves go to the tally at once."""
    words: list[_Word] = []
    titled = _is_titled(readings)
    for place, reading in enumerate(readings):
        late = place * _LATER
        if reading.sense and reading.sense.pictures:
            _add_sense(reading, lexicon, tally, late)
            words.append(_Word(".", place, 0.0, True))
        elif reading.emoji and not reading.sense:
            _add_emoji(reading, lexicon, tally, late)
        elif reading.kind == "hashtag":
            if reading.text[1:].lower() in _SARCASM_TAGS:
                tally.feel(SARCASTIC, NAMED_WEIGHT)
                continue
            words += [
                _BREAK,
                *(_Word(key, place, _HASHTAG_WEIGHT / NAMED_WEIGHT, True) for key in reading.words),
                _BREAK,
            ]
        else:
            if reading.kind == "sarcasm":
                tally.feel(SARCASTIC, NAMED_WEIGHT)
            factor = _MEANING_FACTOR if reading.sense and reading.is_span else 1.0
            capital = reading.text[:1].isupper()
            inside = reading.kind == "word" and place > 0 and capital and not reading.text.isupper()
            known = reading.is_span or reading.kind != "word" or inside
            name = inside and not titled and not _ends_sentence(readings[place - 1])
            words += [_Word(key, place, factor, known, capital, reading.doubtful, name) for key in reading.words]
    return words


def _is_titled(readings: Sequence[Reading]) -> bool:
    """Whether most words begin with a capital, as in a headline, so that capitals tell no names."""
    words = [reading.text for reading in readings if reading.kind == "word"]
    return sum(word[0].isupper() for word in words) > _TITLE_SHARE * len(words)


def _ends_sentence(reading: Reading) -> bool:
    return not reading.words or reading.kind == "sign" or bool(reading.emoji)


def _add_sense(reading: Reading, lexicon: Lexicon, tally: _Tally, late: float) -> None:
    assert reading.sense is not None
    for name in reading.sense.pictures:
        if name.startswith("@"):
            tally.feel(name[1:], min(reading.count, 3))
        elif name != NO_PICTURE:
            picture = lexicon.pictures.named(name)
            tally.in_words.add(picture.phrase)
            tally.add(picture, _SLANG_WEIGHT - late)


def _add_emoji(reading: Reading, lexicon: Lexicon, tally: _Tally, late: float) -> None:
    row = lexicon.emojis.find(reading.emoji)
    if row is None:
        return
    weight = _DECORATION_WEIGHT if reading.emoji in _DECORATIONS else _EMOJI_WEIGHT
    if row.picture:
        tally.add(Picture(row.picture, weight, "object"), weight - late)
    for word in (row.name, *row.words):
        mood = lexicon.pictures.mood_words.get(word)
        if mood:
            tally.feel(mood, min(reading.count, 3))
            break


def _named_things(
    words: Sequence[_Word], lexicon: Lexicon, names: PictureTable | LanguageTable, tally: _Tally
) -> tuple[list[str], list[str]]:
    """Adds the things that words name to the tally; returns unknown words that may be things: the rare and others."""
    keys = [word.key for word in words]
    finds = _finds(words, keys, names)
    unknown: list[str] = []
    rare: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        mood = lexicon.pictures.mood_words.get(word.key)
        if mood and word.factor:
            tally.feel(mood, word.factor)
        if place in finds:
            length, picture = finds[place]
            if is_negated(keys, place) or is_comparison(keys, place):
                tally.unwanted.append(picture.phrase)
            elif not _means_no_thing(word, keys, place, length, picture):
                factor = word.factor * (_DOUBT_FACTOR if _is_doubtful(place, words, finds) else 1.0)
                tally.in_words.add(picture.phrase)
                tally.add(
                    picture, picture.weight * factor - word.place * _LATER, look_before(keys, place, picture.phrase)
                )
                if picture.beside and not word.name:
                    beside = Picture(picture.beside, BESIDE_WEIGHT, "object")
                    tally.add(beside, BESIDE_WEIGHT * factor - word.place * _LATER)
            place += length
            continue
        if word.key in SCHEME_COLOURS and word.factor == 1.0:
            tally.alone.append(word.key)
        if not word.known and may_be_a_thing(keys, place, lexicon) and not is_comparison(keys, place):
            (rare if is_rare(word.key, lexicon) else unknown).append(word.key)
        place += 1
    return list(dict.fromkeys(rare)), list(dict.fromkeys(unknown))


def _means_no_thing(word: _Word, keys: Sequence[str], place: int, length: int, picture: Picture) -> bool:
    """Whether a word that names a thing is a name, a metaphor or a verb here."""
    if (word.capital and is_name(keys, place)) or is_metaphor(keys, place, picture):
        return True
    if word.name and picture.plain and picture.group not in _OFTEN_CAPITAL and not is_counted_or_owned(keys, place):
        return True
    return length == 1 and is_verb(keys, place, picture)


def _finds(
    words: Sequence[_Word], keys: Sequence[str], names: PictureTable | LanguageTable
) -> dict[int, tuple[int, Picture]]:
    """What words name, by the place of the first word: how many words, and the picture."""
    finds: dict[int, tuple[int, Picture]] = {}
    place = 0
    while place < len(words):
        found = names.longest(keys, place) if words[place].factor else None
        if found:
            finds[place] = found
        place += found[0] if found else 1
    return finds


def _is_doubtful(place: int, words: Sequence[_Word], finds: Mapping[int, tuple[int, Picture]]) -> bool:
    """Whether a word may be slang here; not where it is counted, or another of its kind named: "milk and cookies"."""
    length, picture = finds[place]
    if not words[place].doubtful or length > 1 or (place and is_number(words[place - 1].key)):
        return False
    return picture.group not in _KINDS or not any(
        other.group == picture.group and other.phrase != picture.phrase for _, other in finds.values()
    )
