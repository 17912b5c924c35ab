"""A picture from outside, made into the square of RGB that a model learns from; or the reason why it cannot be."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 100_000_000
"""Twice what a large camera takes; more is a decompression bomb, or no illustration."""

LONGEST_SHAPE = 2.0
"""Longer side over shorter. Beyond it more than half of the picture would be cut away."""

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class BadPicture(Exception):
    """Why a picture cannot be learned from, in a few words."""


def read_picture(path: Path, size: int) -> Pixels:
    """Read a picture of any mode, upright, its middle square cut out and reduced: (size, size, 3).

    Transparent parts become white; 16 bits become 8. Raises BadPicture for what is missing, damaged, animated, smaller
    than `size`, much longer than wide, or absurdly large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata that nothing here reads
            with Image.open(path) as image:
                _refuse_unfit(image, size)
                return _square(_upright_rgb(image), size)
    except FileNotFoundError as error:
        raise BadPicture("missing") from error
    except UnidentifiedImageError as error:
        raise BadPicture("no picture") from error
    except Image.DecompressionBombError as error:
        raise BadPicture("too large") from error
    except (OSError, ValueError, TypeError, SyntaxError, EOFError, struct.error) as error:  # Pillow's, on damage
        raise BadPicture("damaged") from error


def _refuse_unfit(image: Image.Image, size: int) -> None:
    width, height = image.size
    if getattr(image, "n_frames", 1) > 1:
        raise BadPicture("animated")
    if width * height > MOST_PIXELS:
        raise BadPicture("too large")
    if min(width, height) < size:
        raise BadPicture(f"smaller than {size} pixels")
    if max(width, height) > LONGEST_SHAPE * min(width, height):
        raise BadPicture("too long for a square")


def _upright_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits (or 32 that hold 16): Pillow would cut off above 255, not scale
        image = Image.fromarray((np.asarray(image, np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    image = ImageOps.exif_transpose(image)
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _square(image: Image.Image, size: int) -> Pixels:
    return np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS))
