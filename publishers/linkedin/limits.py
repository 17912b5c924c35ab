"""What LinkedIn allows. Source: its published specifications, docs/networks.md."""

from __future__ import annotations

from publishers.limits import Limits, PictureLimits
from publishers.linkedin.text import commentary_length

# LinkedIn publishes an area and no side, and 5 MB for a picture in a post.
LINKEDIN_LIMITS = Limits(
    network="linkedin",
    characters=3_000,
    length=commentary_length,
    pictures=20,
    alt_characters=4_086,
    picture=PictureLimits(bytes=5_000_000, side=36_152_319, area=36_152_319, formats=frozenset({"JPEG", "PNG"})),
    carousel_pages=10,
)
