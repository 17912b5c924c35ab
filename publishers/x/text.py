"""How long a text is on X: 280, weighted.

The rules are X's (twitter-text configuration version 3): the text is normalised to NFC; a link counts 23; an emoji
counts 2, however many code points it is made of; of the rest, Latin and other alphabets count 1 a code point and
everything else 2. The answer equals that of npm's twitter-text 3.1.0, which tests/publishers/test_x_text.py checks
on thousands of texts. What that means for emoji newer than its list (Unicode 11): a joined sequence such as two
people holding hands counts as its parts. X may count less by now; the larger number is the safe one.

The one difference: a raised hand or athlete with both a style selector and a skin tone, which is no well-formed
emoji, counts 4 here and 2 there.
"""

from __future__ import annotations

import functools
import unicodedata

from publishers.x.links import find_links

LINK_LENGTH = 23
LIGHT_RANGES = ((0, 4_351), (8_192, 8_205), (8_208, 8_223), (8_242, 8_247))
"""Code points that count 1; all others count 2."""
KEYCAP = "\u20e3"
EMOJI_STYLE = "\ufe0f"
STYLED = "♒♈♋♑♊🈚🈯♌♎♓♐♏♉♍⚓⚾⚫⬛◾⛪⛳⛲⛽⚡⭕☕⌛🀄⛔❗⛵⛄⚽⭐⛅⛺☔⌚♿⚪⬜◽"
"""Emoji that count 2 also with a needless style selector behind them."""
TUXEDO = "\U0001f935"
"""The library takes a person in a tuxedo with a gender sign as one, years before Unicode did."""
EYE_SPEECH = "\U0001f441\u200d\U0001f5e8"
"""The library knows this one only without its style selectors."""
LIBRARY_LACKS = {"\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f", "\u267e\ufe0f"}
NEWEST_EMOJI = 11.0
"""The version of the emoji list that X's published library counts by."""
MOST_PARSED = 2_000
"""Code points looked at for links and emoji. A longer text is taken as too long: it could only be short enough
with a link of over 1,700 characters in it, and looking for one in a hostile text would take seconds."""
REFUSED_CHARACTERS = "\ufffe\ufeff\uffff"
"""X refuses a text that holds one of these (byte order marks and non-characters)."""


@functools.cache
def _emoji() -> tuple[frozenset[str], int]:
    """Every emoji up to the version X's library knows, and the length of the longest in code points."""
    from emoji import EMOJI_DATA, STATUS

    incomplete = {STATUS["minimally_qualified"], STATUS["unqualified"]}
    known = {
        emoji
        for emoji, facts in EMOJI_DATA.items()
        if (facts["E"] <= NEWEST_EMOJI or emoji.startswith(TUXEDO))
        and (facts["status"] not in incomplete or emoji.endswith(KEYCAP))
    }
    known |= {emoji + EMOJI_STYLE for emoji in STYLED}
    known = known - LIBRARY_LACKS | {EYE_SPEECH}
    return frozenset(known), max(map(len, known))


def weighted_length(text: str) -> int:
    """The length of a text as X counts it."""
    text = unicodedata.normalize("NFC", text)
    if len(text) > MOST_PARSED:
        return len(text)
    links = {link.start: link.end for link in find_links(text)}
    length = place = 0
    while place < len(text):
        if place in links:
            length, place = length + LINK_LENGTH, links[place]
        elif size := _emoji_at(text, place):
            length, place = length + 2, place + size
        else:
            length, place = length + _weight(text[place]), place + 1
    return length


def has_link(text: str) -> bool:
    """Whether X would see a link in the text, and so charge for one."""
    return bool(find_links(unicodedata.normalize("NFC", text)[:MOST_PARSED]))


def _weight(character: str) -> int:
    return 1 if any(first <= ord(character) <= last for first, last in LIGHT_RANGES) else 2


def _emoji_at(text: str, place: int) -> int:
    """How many code points the emoji that starts here has; 0 where none starts."""
    if text[place] < "#" or "A" <= text[place] <= "z":
        return 0
    known, longest = _emoji()
    return next((size for size in range(longest, 0, -1) if text[place : place + size] in known), 0)
