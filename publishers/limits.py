"""What a network allows, and whether a post keeps to it: known before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


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
