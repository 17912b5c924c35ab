"""What each network allows, and whether a post keeps to it: known before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from publishers.errors import PublishError
from publishers.linkedin.text import commentary_length
from publishers.x.text import REFUSED_CHARACTERS, weighted_length


@dataclass(frozen=True)
class PictureLimits:
    """What a network accepts as one picture. `side` is the longest edge in pixels, `area` width × height."""

    bytes: int
    side: int
    area: int
    formats: frozenset[str]  # as Pillow names them


@dataclass(frozen=True)
class Limits:
    """What a network accepts as one post. `length` counts a text the way the network does."""

    network: str
    characters: int
    pictures: int
    alt_characters: int
    picture: PictureLimits
    length: Callable[[str], int] = len
    refused_characters: str = "\x00"
    carousel_pages: int = 0

    def problems(self, text: str, alts: Sequence[str] = (), *, carousel: bool = False) -> tuple[str, ...]:
        """Each rule that a post with this text and one picture per alt text would break, a line each.

        As a `carousel` the pictures are the pages of one document.
        """
        lines = []
        length = self.length(text)
        if not text.strip() and not alts:
            lines.append(f"The post for {self.network} is empty: write a text or add a picture.")
        if length > self.characters:
            lines.append(
                f"The text for {self.network} counts {length:,} characters and may have {self.characters:,}: "
                f"shorten it by {length - self.characters:,}."
            )
        lines += self._bad_characters("text", text)
        most, what = (self.carousel_pages, "pages") if carousel else (self.pictures, "pictures")
        if len(alts) > most:
            lines.append(
                f"The post for {self.network} has {len(alts)} {what} and may have {most}: remove {len(alts) - most}."
            )
        for number, alt in enumerate(alts, 1):
            name = f"alt text of picture {number}"
            if len(alt) > self.alt_characters:
                lines.append(
                    f"The {name} for {self.network} has {len(alt):,} characters "
                    f"and may have {self.alt_characters:,}: shorten it."
                )
            lines += self._bad_characters(name, alt)
        return tuple(lines)

    def _bad_characters(self, name: str, text: str) -> list[str]:
        lines = [
            f"The {name} for {self.network} holds the invisible character U+{ord(character):04X}: remove it."
            for character in self.refused_characters
            if character in text
        ]
        if any("\ud800" <= character <= "\udfff" for character in text):
            lines.append(f"The {name} for {self.network} holds half a surrogate pair: type that character anew.")
        return lines


# Sources: X and LinkedIn's published specifications, docs/networks.md. The side of X is what its upload
# refuses ("Image dimensions must be >= 4x4 and <= 8192x8192"); LinkedIn publishes an area and no side,
# and 5 MB for a picture in a post.
X_LIMITS = Limits(
    network="x",
    characters=280,
    length=weighted_length,
    refused_characters="\x00" + REFUSED_CHARACTERS,
    pictures=4,
    alt_characters=1_000,
    picture=PictureLimits(bytes=5_000_000, side=8_192, area=8_192 * 8_192, formats=frozenset({"JPEG", "PNG", "WEBP"})),
)
LINKEDIN_LIMITS = Limits(
    network="linkedin",
    characters=3_000,
    length=commentary_length,
    pictures=20,
    alt_characters=4_086,
    picture=PictureLimits(bytes=5_000_000, side=36_152_319, area=36_152_319, formats=frozenset({"JPEG", "PNG"})),
    carousel_pages=10,
)
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
