"""Whether two texts are one post: networks hand a text back changed, above all its links.

A lookup that misses a post would send it twice, and one that takes another post for it would lose it. So besides
"same" and "other" there is "similar": the same but for what links lead to, which only a person can settle.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Resemblance = Literal["same", "similar", "other"]

SCHEME = re.compile(r"https?://", re.IGNORECASE)
LINK = re.compile(r"://|\w\.[^\W\d_]{2}")
"""A word that a network may take for a link: with a scheme, or with a dot and two letters behind it."""


def resemblance(ours: str, theirs: str) -> Resemblance:
    """Compare a text with what a network shows of one, with its shortened links expanded."""
    left, right = _words(ours), _words(theirs)
    if left == right:
        return "same"
    return "similar" if _without_links(left) == _without_links(right) else "other"


def _words(text: str) -> list[str]:
    """Words in NFC. What may be a link loses scheme, closing slash and case, which networks add or change."""
    words = unicodedata.normalize("NFC", text).split()
    return [SCHEME.sub("", word).lower().rstrip("/") if LINK.search(word) else word for word in words]


def _without_links(words: list[str]) -> list[str]:
    return ["" if LINK.search(word) else word for word in words]
