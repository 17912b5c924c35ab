"""What X allows. Source: its published specifications, docs/networks.md."""

from __future__ import annotations

from publishers.limits import Limits, PictureLimits
from publishers.x.text import REFUSED_CHARACTERS, weighted_length

# Its upload refuses other sides ("Image dimensions must be >= 4x4 and <= 8192x8192").
X_LIMITS = Limits(
    network="x",
    characters=280,
    length=weighted_length,
    refused_characters="\x00" + REFUSED_CHARACTERS,
    pictures=4,
    alt_characters=1_000,
    picture=PictureLimits(bytes=5_000_000, side=8_192, area=8_192 * 8_192, formats=frozenset({"JPEG", "PNG", "WEBP"})),
)
