"""Puts the readings of a draft back together as plain sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from generation.prompting.reading import Reading

_DROPPED = frozenset({"mention", "link", "email"})
_PREPOSITIONS = frozenset({"to", "with", "by", "from", "for", "and", "of", "at", "like", "via"})
# Words after which an emoji stands for a word: "this is 🔥", "grabbing a ☕", "I ❤️ pizza".
_EXPECTING = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "be",
        "being",
        "so",
        "a",
        "an",
        "the",
        "some",
        "my",
        "our",
        "your",
        "his",
        "her",
        "their",
        "this",
        "that",
        "these",
        "those",
        "i",
        "we",
        "you",
        "they",
        "more",
        "for",
        "of",
        "with",
        "to",
        "and",
        "straight",
        "pure",
        "absolutely",
        "literally",
        "very",
        "really",
        "too",
        "just",
        "need",
        "want",
        "love",
        "eat",
        "drink",
        "got",
        "get",
        "getting",
        "having",
    ]
)
_SPACE_BEFORE_SIGN = re.compile(r"[^\S\n]+([,.;:!?…)\]}])")
_SPACES = re.compile(r"[^\S\n]{2,}")
_LONE_SIGNS = re.compile(r"(?:(?<=\s)|^)[,;:|·•-]+(?=\s|$)")
_LATIN_END = re.compile(r"[A-Za-z0-9À-ɏ)\]\"']$")


def plain_sentence(draft: str, readings: Sequence[Reading]) -> str:
    """The draft in plain words: slang replaced, names and links taken out, trailing emoji and hashtags left to the picture.

    Text that is no slang stays letter for letter, whatever its script.
    """
    shown = [_shown(readings, place) for place in range(len(readings))]
    if not any(re.search(r"\w", text) for text in shown):
        shown = [
            reading.meaning if reading.kind in {"emoji", "hashtag"} else text
            for reading, text in zip(readings, shown, strict=True)
        ]
    pieces, end, words_before = [], 0, False
    for reading, text in zip(readings, shown, strict=True):
        gap = draft[end : reading.start]
        pieces.append(gap if gap or not (reading.is_span and words_before) else " " * (reading.kind == "emoji"))
        if text and pieces[-1] == "" and words_before and reading.kind in {"emoji", "emoticon"}:
            text = " " + text
        pieces.append(text)
        end, words_before = reading.end, True
    return _tidy("".join(pieces))


def _shown(readings: Sequence[Reading], place: int) -> str:
    reading = readings[place]
    before = readings[place - 1] if place else None
    after = readings[place + 1 :]
    if reading.kind == "emoji" or reading.emoji:
        return reading.meaning if _expects_more(before) else ""
    if reading.kind == "emoticon":
        return ""
    if reading.kind == "hashtag":
        return reading.meaning if any(later.kind == "word" for later in after) or _expects_more(before) else ""
    if reading.kind in _DROPPED:
        return "someone" if reading.kind == "mention" and _is_preposition(before) else ""
    return reading.meaning


def _expects_more(before: Reading | None) -> bool:
    return before is not None and bool(before.words) and before.words[-1] in _EXPECTING and not before.emoji


def _is_preposition(before: Reading | None) -> bool:
    return before is not None and bool(before.words) and before.words[-1] in _PREPOSITIONS


def _tidy(text: str) -> str:
    text = _LONE_SIGNS.sub("", text)
    text = _SPACES.sub(" ", _SPACE_BEFORE_SIGN.sub(r"\1", text))
    text = re.sub(r" *\n *", "\n", text)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if text[:1].isascii() and text[:1].islower():
        text = text[0].upper() + text[1:]
    return text + "." if _LATIN_END.search(text) else text
