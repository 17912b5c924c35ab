"""Reading the posts of a timeline: X hands a text back changed.

Links come back as t.co links with the original beside them, pictures as a further link at the end, `&<>` as HTML
entities, and white space trimmed.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from datetime import datetime


def text_of(post: Mapping[str, object]) -> str:
    """The text of a post object of X (with `entities`) as it was written, as far as X tells."""
    text = str(post.get("text") or "")
    for entity in _urls(post):
        short, long = str(entity.get("url") or ""), str(entity.get("expanded_url") or "")
        is_picture = "media_key" in entity or ("/status/" in long and "/photo/" in long)
        if short:
            text = text.replace(short, "" if is_picture else html.escape(long, quote=False))
    return html.unescape(text)


def written_at(post: Mapping[str, object]) -> datetime | None:
    """When a post was created, or None where its date cannot be read."""
    try:
        return datetime.fromisoformat(str(post.get("created_at")))
    except ValueError:
        return None


def _urls(post: Mapping[str, object]) -> Iterable[Mapping[str, object]]:
    entities = post.get("entities")
    urls = entities.get("urls") if isinstance(entities, Mapping) else None
    return (entity for entity in urls or () if isinstance(entity, Mapping))
