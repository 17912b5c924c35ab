"""Pictures that somebody else's server made, checked before and while they are unpacked."""

from __future__ import annotations

import base64
import binascii
import io
import struct

from PIL import Image

from generation.errors import DrawingError

FORMATS = ("PNG", "JPEG", "WEBP")
"""What the images endpoint gives; PIL's other readers are never asked."""

# 2,048 px squared as an uncompressed PNG has 17 MB; the largest that OpenAI documents has 4,096 px a side.
LARGEST_FILE = 48 << 20
_LARGEST_SIDE = 4_096
_SMALLEST_SIDE = 8

# What Pillow's readers raise on damaged files of these formats.
_DECODING_ERRORS = (OSError, SyntaxError, ValueError, EOFError, struct.error)


def picture_from_base64(text: str, where: str) -> Image.Image:
    """Decode a base64 picture into RGB, transparent parts on white.

    Raises DrawingError for what is no PNG, JPEG or WebP of 8 to 4,096 pixels a side; sizes are looked at before the
    pixels are unpacked.
    """
    if len(text) > LARGEST_FILE // 3 * 4 + 4:
        raise DrawingError(f"{where} sent a picture of more than {LARGEST_FILE >> 20} MB.")
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DrawingError(f"{where} sent a picture that is no base64.") from error
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if not all(_SMALLEST_SIDE <= side <= _LARGEST_SIDE for side in opened.size):
                raise DrawingError(f"{where} sent a picture of {opened.width}x{opened.height} pixels.")
            opened.load()
            return _on_white(opened)
    except DrawingError:
        raise
    except (*_DECODING_ERRORS, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DrawingError(f"{where} sent something that is no whole {', '.join(FORMATS)} picture.") from error


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    return white.convert("RGB")
