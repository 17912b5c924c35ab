"""Blank pictures, which a failed drawing gives."""

from __future__ import annotations

import numpy as np
from PIL import Image

from moderation.policy import Policy
from moderation.verdicts import Finding

LOOK_SIDE = 64
BLANK_SPREAD = 4.0
"""Standard deviation, of 255, under which nobody sees anything in a picture; a plain gradient has over 20."""

SMALLEST_SIDE = 16
"""A picture with a side shorter than this (in pixels) shows nothing."""


class Pixels:
    """Says when a picture is blank: nearly one colour, or transparent all over."""

    version = "1"
    categories = ("blank",)

    @classmethod
    def load(cls, policy: Policy) -> Pixels:
        """Nothing to load."""
        return cls()

    def examine(self, image: Image.Image, /) -> list[Finding]:
        """One finding if `image` is blank."""
        if min(image.size) < SMALLEST_SIDE:
            return [Finding("blank", 1.0, f"the picture is only {image.width} x {image.height} pixels")]
        small = image.convert("RGBA").resize((LOOK_SIDE, LOOK_SIDE), Image.Resampling.BOX)
        pixels = np.asarray(small, np.float32)
        if pixels[..., 3].max() < BLANK_SPREAD:
            return [Finding("blank", 1.0, "the picture is transparent all over")]
        shown = pixels[..., :3] * (pixels[..., 3:] / 255)
        spread = float(shown.reshape(-1, 3).std(axis=0).max())
        score = min(1.0, BLANK_SPREAD / max(spread, 1e-6) / 2)
        return [Finding("blank", score, f"the picture is nearly one colour (spread {spread:.1f} of 255)")]
