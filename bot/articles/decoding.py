"""What a page's bytes say: by its header, its byte-order mark or its own declaration."""

from __future__ import annotations

import codecs
import re

_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_NO_CHARSETS = frozenset({"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape"})
"""Encodings that Python knows and no page may ask for: they can smuggle tags past a reader."""
_DECLARED_WITHIN = 2048


def decoded(body: bytes, parameters: str = "", *, is_html: bool = True) -> str:
    """The text of a page: by its header, its byte-order mark or its own declaration, else UTF-8, else Windows-1252."""
    if body.startswith(codecs.BOM_UTF8):
        return body.decode("utf-8-sig", "replace")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    declared = _CHARSET.search(parameters.encode()) or (_CHARSET.search(body[:_DECLARED_WITHIN]) if is_html else None)
    for name in (declared.group(1).decode("ascii") if declared else "utf-8", "utf-8"):
        try:
            if codecs.lookup(name).name not in _NO_CHARSETS:
                return body.decode(name)
        except (LookupError, UnicodeError, AssertionError):
            continue
    return body.decode("cp1252", "replace")
