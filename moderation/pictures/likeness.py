"""Near-duplicates of pictures that must not go out: rejected before, or in a do-not-use folder (logos, people).

The fingerprint is a 64-bit perceptual hash: the signs of the lowest frequencies of a small grey copy (a discrete cosine
transform, as in pHash, https://www.phash.org). It survives resizing, compression and mirroring; a logo that is only a
part of a picture is not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from moderation.errors import PictureError, PolicyError
from moderation.pictures.reading import flatten, read_picture
from moderation.policy import Policy
from moderation.verdicts import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATEGORY = "near-duplicate"
SIDE, FREQUENCIES = 32, 8
BITS = FREQUENCIES * FREQUENCIES
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})
MOST_PICTURES = 20_000


def fingerprint(image: Image.Image) -> int:
    """A number of 64 bits that hardly changes when `image` is resized or compressed."""
    small = flatten(image).convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    low = _cosines() @ np.asarray(small, np.float64) @ _cosines().T  # (8, 8)
    bits = low.ravel() > np.median(low)
    return int("".join("1" if bit else "0" for bit in bits), 2)


@cache
def _cosines() -> NDArray[np.float64]:
    """The lowest frequencies of the discrete cosine transform after the constant one, (8, 32)."""
    return np.cos(np.pi / SIDE * np.outer(np.arange(1, FREQUENCIES + 1), np.arange(SIDE) + 0.5))


class NearDuplicates:
    """Compares a picture, and its mirror image, with known ones."""

    version = "1"
    categories: tuple[str, ...] = (CATEGORY,)

    def __init__(self, known: Mapping[int, str]) -> None:
        """`known` maps the fingerprints of pictures that must not go out to what they are."""
        self._prints = np.array(list(known), np.uint64)
        self._names = list(known.values())

    @classmethod
    def load(cls, policy: Policy) -> NearDuplicates:
        """The pictures in the folder that the policy names under `options.rejected-before.folder`, if it names one.

        Raises:
            PolicyError: the folder is not there, or has too many pictures in it.
        """
        folder = str(policy.options.get("rejected-before", {}).get("folder", ""))
        return cls(fingerprints(policy.near(folder)) if folder else {})

    def examine(self, image: Image.Image, /) -> list[Finding]:
        """The known picture that is most like `image`, scored by the share of equal bits."""
        if not self._names:
            return []
        both = np.array([fingerprint(image), fingerprint(ImageOps.mirror(image))], np.uint64)
        different = np.bitwise_count(both[:, None] ^ self._prints).min(axis=0)
        nearest = int(different.argmin())
        score = 1 - int(different[nearest]) / BITS
        return [Finding(CATEGORY, score, f"looks like {self._names[nearest]}, which must not be used")]


def fingerprints(folder: Path) -> dict[int, str]:
    """The fingerprints of the pictures in `folder` and below; what is no sound picture is an error.

    Raises:
        PolicyError: no folder, too many pictures, or one that cannot be read.
    """
    if not folder.is_dir():
        raise PolicyError(f"{folder}: no such folder. Make it, or take it out of the policy.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
    if len(files) > MOST_PICTURES:
        raise PolicyError(f"{folder}: {len(files):,} pictures, more than the {MOST_PICTURES:,} that are compared with.")
    try:
        return {fingerprint(read_picture(file)): file.name for file in files}
    except PictureError as error:
        raise PolicyError(f"a picture not to be used cannot be read: {error}") from error
