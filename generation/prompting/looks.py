"""Words that tell how a thing looks: colours, patterns and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence

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


def look_before(keys: Sequence[str], place: int) -> str:
    """What right before a thing tells how it looks; empty where nothing does."""
    return keys[place - 1] if place and keys[place - 1] in _LOOKS else ""
