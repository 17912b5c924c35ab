"""Where a word stands in its sentence: where only nouns do."""

from __future__ import annotations

from collections.abc import Sequence

_NUMBERS = frozenset(("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "dozen"))
_INDEFINITE = _NUMBERS | {"a", "an", "another", "one", "my", "our", "your", "his", "her", "their"}
_ADJECTIVES = frozenset(
    (
        *("new", "old", "big", "small", "little", "tiny", "huge", "giant", "lovely", "beautiful", "wooden", "fresh"),
        "second",
    )
)
_DETERMINERS = _INDEFINITE | _ADJECTIVES | {"the", "this", "that", "these", "those"}


def is_number(word: str) -> bool:
    """Whether a word counts what follows."""
    return word.isdigit() or word in _NUMBERS


def is_determined(words: Sequence[str], place: int) -> bool:
    """Whether a word stands right after an article or the like: "the spider"."""
    return place > 0 and words[place - 1] in _DETERMINERS


def is_counted_or_owned(words: Sequence[str], place: int) -> bool:
    """Whether a word stands where only what is counted or owned does: "a hat", "my new hat"."""
    if place and words[place - 1] in _ADJECTIVES:
        place -= 1
    return place > 0 and (words[place - 1] in _INDEFINITE or words[place - 1].isdigit())
