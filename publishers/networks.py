"""The networks there are, and what each allows."""

from __future__ import annotations

from publishers.errors import PublishError
from publishers.limits import Limits, PictureLimits
from publishers.linkedin.limits import LINKEDIN_LIMITS
from publishers.x.limits import X_LIMITS

# The outbox is a folder: its limits only keep a mistake from filling the disk.
OUTBOX_LIMITS = Limits(
    network="outbox",
    characters=100_000,
    pictures=20,
    alt_characters=10_000,
    picture=PictureLimits(bytes=20_000_000, side=16_384, area=64_000_000, formats=frozenset({"JPEG", "PNG", "WEBP"})),
    carousel_pages=10,
)

ALL_LIMITS = {limits.network: limits for limits in (X_LIMITS, LINKEDIN_LIMITS, OUTBOX_LIMITS)}


def limits_of(network: str) -> Limits:
    """The limits of a network by its name; a PublishError that names those there are for any other."""
    if network not in ALL_LIMITS:
        raise PublishError(f"There is no network called {network[:40]!r}: choose from {', '.join(sorted(ALL_LIMITS))}.")
    return ALL_LIMITS[network]
