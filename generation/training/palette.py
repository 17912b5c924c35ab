"""Colours by name: of grounds, and of the things on them."""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass

import numpy as np

GROUND_COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (222, 60, 60),
    "orange": (250, 152, 64),
    "yellow": (248, 212, 84),
    "green": (102, 187, 106),
    "teal": (58, 166, 160),
    "light blue": (160, 212, 246),
    "blue": (60, 120, 220),
    "navy": (26, 32, 74),
    "purple": (140, 92, 192),
    "pink": (244, 162, 200),
    "brown": (141, 100, 74),
    "beige": (248, 230, 206),
    "grey": (164, 166, 174),
    "black": (24, 24, 28),
}
HUES = {
    name: math.radians(degrees)
    for name, degrees in (
        ("red", 2), ("orange", 28), ("yellow", 50), ("green", 125),
        ("blue", 215), ("purple", 272), ("pink", 325),
    )
}  # fmt: skip
"""Hue angles of the colours that a thing can be dyed in."""

DOMINANT_SHARE = 0.55
"""A thing has a colour of its own if this share of its coloured surface agrees on it."""


@dataclass(frozen=True)
class Tint:
    """A thing's own colour: its name, and its hue in radians (None for black, white and grey)."""

    name: str
    hue: float | None


def dominant_tint(picture: np.ndarray) -> Tint | None:
    """The colour a person would name for this sprite (Y, X, 4), or None if it has several."""
    ink = picture[::9, ::9].reshape(-1, 4)
    ink = ink[ink[:, 3] > 200][:, :3].astype(np.float32) / 255
    if len(ink) < 20:
        return None
    high, low = ink.max(1), ink.min(1)
    coloured = (high - low) > 0.25
    if coloured.mean() < DOMINANT_SHARE:
        return None
    hues = np.array([colorsys.rgb_to_hsv(*pixel)[0] for pixel in ink[coloured]]) * 2 * math.pi
    names = np.array([nearest_hue(hue) for hue in hues])
    found, counts = np.unique(names, return_counts=True)
    best = found[counts.argmax()]
    if counts.max() / len(names) < 0.7:
        return None
    own = hues[names == best]
    hue = math.atan2(np.sin(own).mean(), np.cos(own).mean())
    value = float(high[coloured][names == best].mean())
    if best in ("orange", "red") and value < 0.62:
        return Tint("brown", hue)
    return Tint(str(best), hue)


def nearest_hue(hue: float) -> str:
    """The name of the nearest hue on the colour circle."""
    return min(HUES, key=lambda name: abs(math.remainder(HUES[name] - hue, 2 * math.pi)))
