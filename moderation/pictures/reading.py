"""Opening a picture file that may have been made to harm: its head tells size and format before anything is decoded."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from moderation.errors import PictureError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""What networks take. Fewer decoders are fewer ways in."""

MAXIMUM_PIXELS = 50_000_000
"""150 MB as RGB: above any camera's picture that a post needs, far below what fills a small machine's memory."""

MAXIMUM_SIDE = 20_000
MAXIMUM_BYTES = 50_000_000


def read_picture(source: Path | bytes) -> Image.Image:
    """Decode the first frame of a picture.

    Args:
        source: a file or its bytes, at most 50 MB, at most 50 million pixels.

    Returns:
        The picture, wholly decoded, so that it does not depend on the file any longer.

    Raises:
        PictureError: it cannot be read, is too large, of another format, or damaged.
    """
    name = str(source) if isinstance(source, Path) else "the picture"
    try:
        if isinstance(source, bytes):
            return _decode(io.BytesIO(source), len(source), name)
        with source.open("rb") as file:
            return _decode(file, source.stat().st_size, name)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(f"{name}: no picture that can be read. Use {', '.join(FORMATS)}.") from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"{name}: more pixels than the limit of {MAXIMUM_PIXELS:,}.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # Pillow's decoders raise all of these for damaged files.
        raise PictureError(f"{name}: cannot be read or is damaged ({' '.join(str(error).split())[:200]}).") from error


def _decode(file: BinaryIO, size: int, name: str) -> Image.Image:
    if size > MAXIMUM_BYTES:
        raise PictureError(f"{name}: {size:,} bytes, above the {MAXIMUM_BYTES:,} that are looked at.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large and slightly damaged files; the limits below decide
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAXIMUM_PIXELS or max(width, height) > MAXIMUM_SIDE:
                limit = f"{MAXIMUM_PIXELS:,} pixels and {MAXIMUM_SIDE:,} a side"
                raise PictureError(f"{name}: {width} x {height} pixels, above the limit of {limit}.")
            image.load()
            return image.copy()


def flatten(image: Image.Image) -> Image.Image:
    """The picture as RGB, on white where it is transparent, as a network would show it."""
    if image.mode == "RGB":
        return image
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")
