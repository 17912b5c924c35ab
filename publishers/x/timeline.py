"""Recognising our post among those of a timeline: X hands a text back changed.

Links come back as t.co links with the original beside them, pictures as a further link at the end, `&<>` as HTML
entities, and white space trimmed. Both sides are brought to one form and compared.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime

from publishers.x.links import find_links


def same_post(text: str, post: Mapping[str, object]) -> bool:
    """Whether a post object of X (with `entities`) shows this text."""
    return _canonical(text) == _canonical(_expanded(post))


def written_at(post: Mapping[str, object]) -> datetime | None:
    """When a post was created, or None where its date cannot be read."""
    try:
        return datetime.fromisoformat(str(post.get("created_at")))
    except ValueError:
        return None


def _expanded(post: Mapping[str, object]) -> str:
    """The post's text with its t.co links replaced by what they lead to, and picture links removed."""
    text = str(post.get("text") or "")
    for entity in _urls(post):
        short, long = str(entity.get("url") or ""), str(entity.get("expanded_url") or "")
        is_picture = "media_key" in entity or ("/status/" in long and "/photo/" in long)
        if short:
            text = text.replace(short, "" if is_picture else html.escape(long, quote=False))
    return html.unescape(text)


def _urls(post: Mapping[str, object]) -> Iterable[Mapping[str, object]]:
    entities = post.get("entities")
    urls = entities.get("urls") if isinstance(entities, Mapping) else None
    return (entity for entity in urls or () if isinstance(entity, Mapping))


def _canonical(text: str) -> str:
    """NFC, one space for each run of white space, links without scheme and closing slash."""
    text = unicodedata.normalize("NFC", text)
    parts, place = [], 0
    for link in find_links(text):
        parts += [text[place : link.start], _plain(text[link.start : link.end])]
        place = link.end
    return " ".join("".join([*parts, text[place:]]).split())


def _plain(link: str) -> str:
    _, found, rest = link.partition("://")
    host, slash, path = (rest if found else link).partition("/")
    return (host.lower() + slash + path).rstrip("/")
