"""Puts the readings of a draft back together as plain sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from generation.prompting.reading import Reading

_DROPPED = frozenset({"mention", "link", "email"})
_TAIL = frozenset({"mention", "link", "email", "hashtag", "emoji", "emoticon", "sarcasm", "sign"})
_PREPOSITIONS = frozenset({"to", "with", "by", "from", "for", "and", "of", "at", "like", "via"})
_TONE_MARKS = frozenset({"/s", "/j", "/hj", "/srs"})
# Words after which an emoji stands for a word: "this is 🔥", "grabbing a ☕", "I ❤️ pizza".
_OPEN_WORDS = (
    "is are was were be being so a an the some my our your his her their this that these those i we you they more for "
    "of with to and straight pure absolutely literally very really too just need want love loves eat drink got get "
    "getting having"
)
_EXPECTING = frozenset(_OPEN_WORDS.split())
_SPACE_BEFORE_SIGN = re.compile(r"[^\S\n]+([,.;:!?…)\]}])")
_SPACES = re.compile(r"[^\S\n]{2,}")
_LONE_SIGNS = re.compile(r"(?:(?<=\s)|^)[,;:|·•]+(?=\s|$)")
_LATIN_END = re.compile(r"[A-Za-z0-9À-ɏ)\]\"']$")


def plain_sentence(draft: str, readings: Sequence[Reading]) -> str:
    """The draft in plain words: slang replaced, names and links taken out, trailing emoji and hashtags left to the
    picture.

    Text that is no slang stays letter for letter, whatever its script.
    """
    shown = [_shown(readings, place) for place in range(len(readings))]
    if not any(re.search(r"\w", text) for text in shown):
        shown = [
            reading.meaning if reading.kind in {"emoji", "hashtag"} else text
            for reading, text in zip(readings, shown, strict=True)
        ]
    pieces, end = [], 0
    for place, (reading, text) in enumerate(zip(readings, shown, strict=True)):
        pieces.append(draft[end : reading.start] or (" " if reading.emoji else ""))
        if not text and _parts_sentences(readings, place):
            pieces[-1:] = [",", " "]
        pieces.append(text)
        end = reading.end
    return _tidy("".join(pieces))


def _shown(readings: Sequence[Reading], place: int) -> str:
    reading = readings[place]
    before = readings[place - 1] if place else None
    if reading.kind == "emoji" or reading.emoji:
        return reading.meaning if _expects_more(before) else ""
    if reading.kind == "emoticon" or reading.text in _TONE_MARKS:
        return ""
    if reading.kind == "hashtag":
        return reading.meaning if _reads_on(readings, place) else ""
    if reading.kind in _DROPPED:
        return "someone" if reading.kind == "mention" and _is_preposition(before) else reading.meaning
    return reading.meaning


def _reads_on(readings: Sequence[Reading], place: int) -> bool:
    """Whether a hashtag is a word of its sentence ("loving #coffee today") rather than one of a row of tags."""
    before = readings[place - 1] if place else None
    after = readings[place + 1] if place + 1 < len(readings) else None
    if (before and before.kind == "hashtag") or (after and after.kind == "hashtag"):
        return False
    return _expects_more(before) or (after is not None and after.kind not in _TAIL)


def _expects_more(before: Reading | None) -> bool:
    return before is not None and bool(before.words) and before.words[-1] in _EXPECTING and not before.emoji


def _parts_sentences(readings: Sequence[Reading], place: int) -> bool:
    """Whether an emoji that is left out stands between two words, where people put it in place of a full stop."""
    if not readings[place].emoji or not 0 < place < len(readings) - 1:
        return False
    return readings[place - 1].kind != "sign" and bool(readings[place - 1].words) and bool(readings[place + 1].words)


def _is_preposition(before: Reading | None) -> bool:
    return before is not None and bool(before.words) and before.words[-1] in _PREPOSITIONS


def _tidy(text: str) -> str:
    text = _SPACES.sub(" ", _LONE_SIGNS.sub("", _SPACES.sub(" ", text)))
    text = _SPACE_BEFORE_SIGN.sub(r"\1", text)
    text = re.sub(r" ?\n ?", "\n", text)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if text[:1].isascii() and text[:1].islower():
        text = text[0].upper() + text[1:]
    return text + "." if _LATIN_END.search(text) else text
