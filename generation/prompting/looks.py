"""Words that tell how a thing looks: colours, patterns and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence

from generation.prompting.words.inflection import base_forms

_COLOURS = frozenset(
    (
        *("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey", "gray"),
        *("gold", "golden", "silver", "teal", "turquoise", "beige", "navy", "lilac", "neon", "pastel", "rainbow"),
    )
)
# Colours that nothing else is called, so that a picture may be kept in them.
SCHEME_COLOURS = _COLOURS - {"orange", "gold", "golden", "silver", "navy", "rainbow"}
_LOOKS = _COLOURS | frozenset(
    (
        *("antique", "checked", "crocheted", "embroidered", "floral", "giant", "gingham", "glittery", "inflatable"),
        *("knitted", "miniature", "mossy", "paisley", "patchwork", "rusty", "sequinned", "sparkly", "spotted"),
        *("spotty", "striped", "stripy", "tartan", "tiny", "vintage", "wicker", "wooden", "woolen", "woollen"),
        "woolly",
    )
)


def look_before(keys: Sequence[str], place: int, phrase: str) -> str:
    """What right before a thing tells how it looks; empty where nothing does.

    A phrase that calls the thing otherwise takes no more than its colour.
    """
    before = keys[place - 1] if place else ""
    says_so = any(form in phrase for form in base_forms(keys[place]))
    return before if before in _COLOURS or (before in _LOOKS and says_so) else ""
