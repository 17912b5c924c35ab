"""Splits hashtags into words: #BuildInPublic by its capitals, #buildinpublic by wordninja's word frequencies."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache

_LONGEST_SPLIT = 60
"""Letters of a run-together hashtag that is split; splitting takes time in its square."""
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


def hashtag_words(tag: str, known: Container[str]) -> tuple[str, ...]:
    """The lower-case words of a hashtag without its sign; a tag that `known` holds as one word stays one."""
    lower = tag.lower()
    if lower in known:
        return (lower,)
    humps = [hump for part in tag.split("_") for hump in _HUMPS.findall(part)]
    if len(humps) > 1:
        return tuple(word for hump in humps for word in _pieces(hump.lower(), known))
    return _pieces(lower, known)


def _pieces(word: str, known: Container[str]) -> tuple[str, ...]:
    if word in known or not word.isascii() or word.isdigit() or len(word) > _LONGEST_SPLIT:
        return (word,)
    return _split(word)


@lru_cache(maxsize=4096)
def _split(word: str) -> tuple[str, ...]:
    # The word list takes 0.1 s to read, so only drafts with a run-together hashtag pay for it.
    import wordninja

    pieces = tuple(piece.lower() for piece in wordninja.split(word))
    # A split into crumbs ("oo td") says that the tag is no English; it is better left whole.
    return pieces if pieces and len(word) / len(pieces) >= 2.5 else (word,)
