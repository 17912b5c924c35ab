"""What a single disguised word spells: look-alikes, signs for letters, masked and repeated letters undone."""

from __future__ import annotations

import re
from itertools import groupby

from moderation.text.lexicon import Lexicon
from moderation.text.lookalikes import MASKS, SIGNS, latinised, spellings

SHORTEST_REVERSED = 4
NUMBER_WITH_UNIT = re.compile(
    r"\d+(?:am|pm|st|nd|rd|th|k|x|s|m|h|hrs?|mins?|d|p|g|kg|mg|ml|cl|l|cm|mm|km|mi|mph|ft|in|lbs?|oz|mb|gb|tb|ish)"
)
"""What no disguise looks like, though "7am" could be read as "tam"."""

NEVER_DOUBLE = frozenset("aiuvwxyhjkq")
"""Letters that English hardly ever doubles."""


def spelled(chunk: str, lexicon: Lexicon, *, sure: bool = False) -> str:
    """The word that `chunk` spells in disguise, or "" if it is none or no disguise.

    Args:
        chunk: folded letters, digits and signs without white space.
        lexicon: a disguise is believed when it spells one of these words.
        sure: the text is known to write digits for letters, so digits alone and unknown words are read so, too.
    """
    letters = latinised(chunk)
    if lexicon.knows(chunk) or NUMBER_WITH_UNIT.fullmatch(chunk) or not (sure or any(map(str.isalpha, chunk))):
        return ""
    tried = [letters, "".join(letter for letter in letters if letter not in MASKS)]
    if has_signs := any(letter in SIGNS for letter in letters):
        tried = [spelling for form in tried for spelling in spellings(form)]
    words = [form for form in tried if form.isalpha()]
    if known := next((known for form in words if (known := known_word(form, lexicon))), ""):
        return known
    if any(letter in MASKS for letter in letters[1:]):
        return next((word for form in tried if (word := lexicon.matching(form, MASKS))), "")
    if len(letters) >= SHORTEST_REVERSED and letters[::-1] in lexicon.listed:
        return letters[::-1]
    if words and ((sure and has_signs) or mixes_scripts(chunk, letters) or is_stretched(words[0])):
        return shortened(words[0], 1)
    return ""


def known_word(letters: str, lexicon: Lexicon) -> str:
    """`letters`, if need be with its stretched letters shortened to two or one, when that is a known word."""
    if lexicon.knows(letters):
        return letters
    shorter = {form for longest in (1, 2) if (form := shortened(letters, longest)) != letters and lexicon.knows(form)}
    return min(shorter, key=lexicon.cost, default="")


def shortened(letters: str, longest: int) -> str:
    """`letters` with each stretched letter standing at most `longest` times."""
    return "".join(_shorten(letter, len(list(run)), longest) for letter, run in groupby(letters))


def _shorten(letter: str, count: int, longest: int) -> str:
    """Names end in double letters, so only what no spelling has is shortened."""
    stretched = count > 2 or (count == 2 and letter in NEVER_DOUBLE)
    return letter * (min(count, longest) if stretched else count)


def is_stretched(letters: str) -> bool:
    """Whether a letter stands three times in a row, as in no word."""
    return any(len(list(run)) > 2 for _, run in groupby(letters))


def mixes_scripts(chunk: str, letters: str) -> bool:
    """Whether `chunk` puts look-alikes between Latin letters, as no language does."""
    return letters != chunk and letters.isascii() and any(map(str.isascii, chunk))
