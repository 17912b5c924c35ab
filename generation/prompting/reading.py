"""Reads a draft: each piece of it as plain words, slang in one of its senses, emoji, a hashtag, a name or a link."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from generation.prompting.hashtags import hashtag_words
from generation.prompting.lexicon import Lexicon
from generation.prompting.words.languages import ENGLISH
from generation.prompting.words.phrases import Match
from generation.prompting.words.slang import LEFT_OUT, Context, Sense, choose
from generation.prompting.words.tokens import Token, fold, tokenize

PLAIN = frozenset({"word", "number", "sign"})
"""Kinds of readings that are no spans: the draft's own words."""

_ENTITIES = {"&amp;": "and", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": " ", "&#39;": "'"}
_STRETCHED = re.compile(r"(\w)\1{2,}")
# aLtErNaTiNg capitals, in which people quote what they mock; "iPhone" and "LinkedIn" have fewer changes.
_MOCKING = re.compile(r"(?:[a-z][A-Z]){2}|(?:[A-Z][a-z]){2}(?=[A-Z])")
_ANY_LANGUAGE = frozenset({"emoji", "emoticon", "filler"})
_VERY = "very "


@dataclass(frozen=True, slots=True)
class Reading:
    """A piece of the draft and what it was read as.

    `meaning` is the plain words for it, empty where it is left out. `sense` is set where the lexicon decided. `words`
    are the look-up keys of its plain words; `count` is how often an emoji stands there in a row. `doubtful` marks
    a word that is slang elsewhere and whose context says neither: it may mean the thing that it names.
    """

    start: int
    end: int
    text: str
    kind: str
    meaning: str
    words: tuple[str, ...] = ()
    sense: Sense | None = None
    emoji: str = ""
    count: int = 1
    doubtful: bool = False

    @property
    def is_span(self) -> bool:
        """Whether the piece was read as something else than its own words."""
        return self.kind not in PLAIN


def read_draft(draft: str, lexicon: Lexicon, language: str = "en") -> list[Reading]:
    """The readings of a cleaned draft, in order; English slang is not looked for in other languages."""
    units = _units(draft, lexicon)
    keys = [unit.key for unit, _ in units]
    tagged = [word for unit, _ in units if unit.kind == "hashtag" for word in _tag_words(unit, lexicon)]
    context = Context((*keys, *tagged))
    readings: list[Reading] = []
    place = 0
    while place < len(units):
        match, sense = _sense_at(units, keys, place, lexicon, context, language)
        run = units[place : place + match.length]
        if sense and not sense.literal:
            readings.append(_as_sense(draft, run, sense, match, lexicon))
            place += match.length
            continue
        if sense and sense.pictures and match.length > 1:
            readings.append(_as_name(draft, run, sense))
            place += match.length
            continue
        unit, count = units[place]
        plain = _as_itself(unit, count, lexicon)
        # A sense that keeps the word as written can still say what to draw for it.
        doubtful = sense is None and lexicon.slang.may_mean_another(unit.key)
        readings.append(replace(plain, sense=sense) if sense else replace(plain, doubtful=doubtful))
        place += 1
    return readings


def _sense_at(
    units: Sequence[tuple[Token, int]],
    keys: Sequence[str],
    place: int,
    lexicon: Lexicon,
    context: Context,
    language: str,
) -> tuple[Match, Sense | None]:
    """The longest term at a place whose context speaks for one of its senses, and that sense."""
    for match in lexicon.slang.matches(keys, place):
        sense = choose(lexicon.slang.senses(match.words), context, place, place + match.length)
        if sense and language not in ENGLISH and sense.kind not in _ANY_LANGUAGE and units[place][0].kind != "emoji":
            sense = None
        if sense:
            return match, sense
    return Match(1, (keys[place],)), None


def _as_sense(draft: str, run: Sequence[tuple[Token, int]], sense: Sense, match: Match, lexicon: Lexicon) -> Reading:
    start, end = run[0][0].start, run[-1][0].end
    text = draft[start:end]
    texts = [unit.text for unit, _ in run]
    meaning = "" if sense.meaning == LEFT_OUT else lexicon.slang.meaning(sense, match, texts)
    count = max(count for _, count in run)
    is_emoji = run[0][0].kind == "emoji"
    if is_emoji and count > 1 and meaning:
        meaning = _VERY + meaning
    words = tuple(fold(meaning).replace("-", " ").split())
    return Reading(start, end, text, sense.kind, meaning, words, sense, run[0][0].key if is_emoji else "", count)


def _as_name(draft: str, run: Sequence[tuple[Token, int]], sense: Sense) -> Reading:
    """Several words kept as written that mean one thing together, such as the name of a shop."""
    start, end = run[0][0].start, run[-1][0].end
    return Reading(start, end, draft[start:end], "word", draft[start:end], tuple(unit.key for unit, _ in run), sense)


def _as_itself(unit: Token, count: int, lexicon: Lexicon) -> Reading:
    kind, meaning = unit.kind, unit.text
    words: tuple[str, ...] = (unit.key,)
    if kind == "emoji":
        row = lexicon.emojis.find(unit.key)
        meaning = row.name if row else _unknown_emoji_name(unit.text)
        return Reading(unit.start, unit.end, unit.text, "emoji", meaning, (), None, unit.key, count)
    if kind == "hashtag":
        words = _tag_words(unit, lexicon)
        meaning = " ".join(words)
    elif kind in {"mention", "link", "email"}:
        # Slack writes a link with its text as <address|text>.
        meaning = unit.text[:-1].partition("|")[2] if kind == "link" and unit.text[0] == "<" else ""
        words = tuple(fold(meaning).split())
    elif kind == "entity":
        meaning, words, kind = _ENTITIES[unit.text], (), "sign"
    elif kind == "word" and _MOCKING.search(unit.text):
        meaning, kind = unit.key, "sarcasm"
    elif kind == "word" and unit.key != fold(unit.text):
        meaning, kind = unit.key, "stretched"
    elif kind == "oddity":
        kind = "sign"
    return Reading(unit.start, unit.end, unit.text, kind, meaning, words, None, "", count)


def _units(draft: str, lexicon: Lexicon) -> list[tuple[Token, int]]:
    """Tokens with their number in a row: short codes turned into emoji, stretched words folded, the same emoji in a
    row as one."""
    units: list[list[Token]] = []
    for token in tokenize(draft, lexicon.slang.oddities):
        if token.kind == "shortcode":
            emoji = lexicon.emojis.shortcodes.get(token.key.strip(":"))
            token = replace(token, kind="emoji", key=fold(emoji, "emoji")) if emoji else replace(token, kind="sign")
        elif token.kind == "word" and _STRETCHED.search(token.key):
            token = replace(token, key=_fold_stretched(token.key, lexicon))
        if token.kind == "emoji" and units and units[-1][0].key == token.key:
            units[-1].append(token)
        else:
            units.append([token])
    return [(_joined(draft, run), len(run)) for run in units]


def _joined(draft: str, run: Sequence[Token]) -> Token:
    """A run of the same emoji as one token."""
    start, end = run[0].start, run[-1].end
    return replace(run[0], end=end, text=draft[start:end]) if len(run) > 1 else run[0]


def _fold_stretched(word: str, lexicon: Lexicon) -> str:
    """`soooo` as `so` and `coool` as `cool`: the known word among the foldings, else each run as one letter."""
    if word in lexicon.slang:
        return word
    double, single = _STRETCHED.sub(r"\1\1", word), _STRETCHED.sub(r"\1", word)
    for candidate in (double, single):
        if candidate in lexicon.slang or candidate in lexicon.common or (candidate,) in lexicon.pictures.by_words:
            return candidate
    return single


def _tag_words(unit: Token, lexicon: Lexicon) -> tuple[str, ...]:
    return hashtag_words(unit.text[1:], lexicon.slang)


def _unknown_emoji_name(emoji: str) -> str:
    # Only emoji newer than the table come here; the package's table of names takes 70 ms to read.
    from emoji import demojize

    return demojize(emoji, delimiters=("", "")).replace("_", " ")
