"""A picture made fit for a network: untouched where it already fits, changed as little as possible where not.

Pictures come from outside, so each is opened with suspicion: the format is read from its bytes, the size in
pixels is checked before anything is decoded, and then all of it is decoded, so that a truncated file is met
here and not by a reader.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from publishers.errors import PublishError
from publishers.limits import PictureLimits

READABLE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_PIXELS = 64_000_000
"""Decoded as RGBA this is 256 MB: more would endanger a small worker. 60 megapixels still pass."""
MOST_BYTES = 64 * 1024 * 1024
SMALLEST_SIDE = 4
"""X refuses pictures under 4 × 4 pixels; nothing smaller can be seen anyway."""
JPEG_QUALITIES = (95, 90, 85, 80)
LEAST_PSNR = 36.0
"""Decibels against the picture before encoding. Below this artefacts show: shrinking looks better."""
SHRINK = 0.85
HEADROOM = 128 * 1024
"""Bytes left free for the content credentials that are signed into the picture afterwards."""
UPRIGHT = 1  # Exif's orientation of a picture that is shown as it is stored


@dataclass(frozen=True)
class PreparedPicture:
    """The bytes to upload. `psnr` (dB, of the pixels as resized) is infinite where nothing was lost."""

    data: bytes
    format: str
    width: int
    height: int
    psnr: float = math.inf


def prepare_picture(data: bytes, limits: PictureLimits, network: str) -> PreparedPicture:
    """Fit a picture to a network's limits.

    Unchanged bytes come back when format, bytes (with room for credentials) and pixels are within the limits, and
    the metadata tell neither a place (GPS) nor a turning, which would be lost with them. Otherwise it is turned
    upright, resized if it must be, and encoded: losslessly where that fits, else as JPEG at the best quality that
    does. The colour profile stays; all other metadata go.

    Raises PublishError (refused) for what is no still picture, is damaged, or is too large to decode.
    """
    picture = _open(data, network)
    unchanged = (
        picture.format in limits.formats
        and len(data) <= _room(limits)
        and max(picture.size) <= limits.side
        and picture.width * picture.height <= limits.area
        and not _tells_a_place(picture)
        and picture.getexif().get(ExifTags.Base.Orientation, UPRIGHT) == UPRIGHT
    )
    if unchanged:
        return PreparedPicture(data, str(picture.format), picture.width, picture.height)
    lossy_source = picture.format == "JPEG"
    ImageOps.exif_transpose(picture, in_place=True)
    pixels = _within(_plain(picture), limits)
    return _encode(pixels, limits, lossless_first=not lossy_source)


def picture_kind(data: bytes) -> str | None:
    """Pillow's name for the format the first bytes announce, or None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def _open(data: bytes, network: str) -> Image.Image:
    """Decode all of a still picture, or refuse it."""

    def refused(what: str) -> PublishError:
        return PublishError(f"The picture for {network} {what}", network=network)

    if len(data) > MOST_BYTES:
        raise refused(f"has {len(data) / 1e6:,.0f} MB; {MOST_BYTES / 1e6:,.0f} MB is the most: make it smaller.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked below
            picture = Image.open(io.BytesIO(data), formats=READABLE_FORMATS)
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise refused(
                f"has {width:,} × {height:,} pixels; {MOST_PIXELS / 1e6:,.0f} million is the most: shrink it."
            )
        if min(width, height) < SMALLEST_SIDE:
            raise refused(f"has {width} × {height} pixels; each side needs {SMALLEST_SIDE}.")
        if getattr(picture, "n_frames", 1) > 1:
            raise refused("moves; only still pictures can be published: choose one frame.")
        picture.load()
    except Image.DecompressionBombError:
        raise refused("announces more pixels than can be decoded safely: it may be a decompression bomb.") from None
    except UnidentifiedImageError:
        raise refused("is not a PNG, JPEG, WebP or GIF file: choose another.") from None
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError) as error:
        # Pillow reports damage through all of these, depending on the format and the place.
        raise refused(f"is damaged ({error}): export it anew.") from None
    return picture


def _room(limits: PictureLimits) -> int:
    """The most bytes before the credentials are signed in."""
    return limits.bytes - min(HEADROOM, limits.bytes // 4)


def _tells_a_place(picture: Image.Image) -> bool:
    if picture.getexif().get_ifd(ExifTags.IFD.GPSInfo):
        return True
    packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    text = packet.encode() if isinstance(packet, str) else bytes(packet)
    return b"exif:GPS" in text or b"Iptc4xmpCore:Location" in text


def _plain(picture: Image.Image) -> Image.Image:
    """RGB, or RGBA where something is transparent, eight bits a channel; the colour profile stays with it."""
    profile = picture.info.get("icc_profile") if picture.mode in {"RGB", "RGBA", "P"} else None
    if picture.mode.startswith("I"):  # sixteen bits of grey, which convert() would clip
        picture = Image.fromarray((np.asarray(picture).astype(np.uint32) // 257).astype(np.uint8))
    if picture.has_transparency_data:
        plain = picture.convert("RGBA")
        if plain.getchannel("A").getextrema() == (255, 255):
            plain = plain.convert("RGB")
    else:
        plain = picture if picture.mode == "RGB" else picture.convert("RGB")
    plain.info = {"icc_profile": profile} if profile else {}
    return plain


def _within(picture: Image.Image, limits: PictureLimits) -> Image.Image:
    width, height = picture.size
    scale = min(1.0, limits.side / max(width, height), math.sqrt(limits.area / (width * height)))
    return _scaled(picture, scale) if scale < 1 else picture


def _scaled(picture: Image.Image, scale: float) -> Image.Image:
    size = (max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _encode(picture: Image.Image, limits: PictureLimits, *, lossless_first: bool) -> PreparedPicture:
    room = _room(limits)
    if lossless_first and "PNG" in limits.formats:
        data = _saved(picture, "PNG", icc_profile=picture.info.get("icc_profile"))
        if len(data) <= room:
            return PreparedPicture(data, "PNG", *picture.size)
    flat = _on_white(picture)
    while True:  # a smaller picture fits better, so this ends
        smallest = len(_as_jpeg(flat, JPEG_QUALITIES[-1]))
        if smallest > room:
            flat = _scaled(flat, min(SHRINK, math.sqrt(room / smallest)))
            continue
        quality, data = next(fitting for fitting in _jpegs(flat) if len(fitting[1]) <= room)
        psnr = _psnr(flat, Image.open(io.BytesIO(data)))
        if psnr >= LEAST_PSNR or quality == JPEG_QUALITIES[0]:
            return PreparedPicture(data, "JPEG", *flat.size, psnr)
        flat = _scaled(flat, SHRINK)


def _jpegs(picture: Image.Image) -> Iterator[tuple[int, bytes]]:
    return ((quality, _as_jpeg(picture, quality)) for quality in JPEG_QUALITIES)


def _as_jpeg(picture: Image.Image, quality: int) -> bytes:
    # Full colour resolution: drawn pictures have hard coloured edges, where halved chroma shows.
    return _saved(picture, "JPEG", quality=quality, subsampling=0, icc_profile=picture.info.get("icc_profile"))


def _saved(picture: Image.Image, format_name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=format_name, **options)
    return buffer.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    flat.info = picture.info
    return flat


def _psnr(original: Image.Image, encoded: Image.Image) -> float:
    """Peak signal-to-noise ratio in dB over all channels, row block by row block to keep memory low."""
    encoded = encoded.convert("RGB")
    total = 0.0
    rows = max(1, 4_000_000 // original.width)
    for top in range(0, original.height, rows):
        box = (0, top, original.width, min(original.height, top + rows))
        left = np.asarray(original.crop(box), dtype=np.float32)
        right = np.asarray(encoded.crop(box), dtype=np.float32)
        total += float(np.square(left - right).sum(dtype=np.float64))
    error = total / (original.width * original.height * 3)
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)
