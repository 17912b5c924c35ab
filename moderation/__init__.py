"""Text or picture plus a policy gives a verdict. Knows neither who asks nor where it goes.

    moderators = Moderators.load("config/moderation.toml")
    verdicts = moderators.judge_text("Come to our launch!", network="linkedin")
    if decide(verdicts) is Decision.BLOCK: ...

A moderator that fails, hangs or is missing counts as *review*, never as *allow*. Models load when first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.errors import ModerationError, PictureError, PolicyError
from moderation.panel import Moderators
from moderation.policy import Policy
from moderation.verdicts import Decision, Thresholds, Verdict, decide

if TYPE_CHECKING:
    from PIL.Image import Image


def fingerprint(image: Image) -> int:
    """A number of 64 bits by which a picture like `image` is known again: see `Moderators.judge_picture`."""
    from moderation.pictures.likeness import fingerprint  # loads NumPy and Pillow

    return fingerprint(image)


__all__ = [
    "Decision",
    "ModerationError",
    "Moderators",
    "PictureError",
    "Policy",
    "PolicyError",
    "Thresholds",
    "Verdict",
    "decide",
    "fingerprint",
]
