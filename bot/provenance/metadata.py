"""What a picture file tells beside its pixels: all of it taken out, and IPTC's digital source type put in.

The file is taken apart and put together again without decoding it, so the pixels stay as they were.
PNG: https://www.w3.org/TR/png-3. JPEG: ITU-T T.81, annex B; XMP: ISO 16684-1 and its storage in files (part 3).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from bot.errors import EaselError
from bot.provenance.facts import TRAINED_ALGORITHMIC_MEDIA

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    f"<Iptc4xmpExt:DigitalSourceType>{TRAINED_ALGORITHMIC_MEDIA}</Iptc4xmpExt:DigitalSourceType>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHUNKS = frozenset(b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs".split())
"""Chunks that say how the pixels look. Texts, times, Exif and older credentials are not among them."""

JPEG_START, JPEG_END, JPEG_SCAN = 0xD8, 0xD9, 0xDA
JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
JPEG_COMMENT = 0xFE
APPLICATION_SEGMENTS = range(0xE0, 0xF0)
APPLICATION_SEGMENTS_THAT_SHOW = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""Pixel density, colour profile, colour transform."""

XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"


def labelled(data: bytes) -> bytes:
    """The PNG or JPEG without its metadata, but with an XMP packet that says it was made by a model.

    Raises:
        EaselError: it is neither, or it is damaged.
    """
    try:
        if data.startswith(PNG_SIGNATURE):
            return _labelled_png(data)
        if data.startswith(b"\xff\xd8"):
            return _labelled_jpeg(data)
    except (IndexError, struct.error) as error:
        raise EaselError("The picture is damaged and cannot be signed: draw it again.") from error
    raise EaselError("Only PNG and JPEG pictures can be signed with content credentials.")


def _labelled_png(data: bytes) -> bytes:
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + XMP  # keyword, not compressed, no language, no translation
    kept = [chunk for name, chunk in _png_chunks(data) if name in PNG_CHUNKS]
    return b"".join([PNG_SIGNATURE, kept[0], _png_chunk(b"iTXt", text), *kept[1:]])


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The name and the whole of each chunk; what follows the last is dropped."""
    place, name = len(PNG_SIGNATURE), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise IndexError("the file ends within a chunk")
        yield name, data[place:end]
        place = end


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _labelled_jpeg(data: bytes) -> bytes:
    kept = [segment for marker, segment in _jpeg_segments(data) if _shows(marker, segment)]
    body = XMP_SEGMENT + XMP
    xmp = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    # JFIF wants to come first.
    first = 2 if kept[1].startswith(b"\xff\xe0") else 1
    return b"".join([*kept[:first], xmp, *kept[first:]])


def _shows(marker: int, segment: bytes) -> bool:
    """Whether a segment says how the pixels look."""
    if marker in APPLICATION_SEGMENTS:
        begins = APPLICATION_SEGMENTS_THAT_SHOW.get(marker)
        return begins is not None and segment[4:].startswith(begins)
    return marker != JPEG_COMMENT


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The marker and the whole of each segment, a scan with its coded pixels; what follows the end is dropped."""
    place, marker = 0, 0
    while marker != JPEG_END:
        if data[place] != 0xFF:
            raise IndexError("no marker where one should be")
        marker = data[place + 1]
        end = place + 2
        if marker not in JPEG_WITHOUT_LENGTH and marker not in (JPEG_START, JPEG_END):
            end += struct.unpack_from(">H", data, end)[0]
        if marker == JPEG_SCAN:
            end = _end_of_scan(data, end)
        yield marker, data[place:end]
        place = end


def _end_of_scan(data: bytes, place: int) -> int:
    """Where the next segment begins: the first 0xFF that neither stands for itself nor restarts the decoder."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0:
            raise IndexError("the file ends within its pixels")
        follows = data[place + 1]
        if follows not in (0x00, 0xFF) and follows not in JPEG_WITHOUT_LENGTH:
            return place
        place += 1 if follows == 0xFF else 2
