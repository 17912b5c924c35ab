"""Articles for posts: fetched from the public web, or read from a file."""

from __future__ import annotations

import re
from pathlib import Path

from bot.articles.decoding import decoded
from bot.articles.fetching import ArticleUnavailable, Fetcher, Limits, Page
from bot.errors import Misuse

__all__ = ["ArticleUnavailable", "Fetcher", "Limits", "Page", "open_article", "read_file"]


def read_file(path: Path, limits: Limits | None = None) -> Page:
    """An article in a file: a saved page or plain text.

    Raises:
        Misuse: the file is missing or too large.
    """
    largest = (limits or Limits()).bytes
    try:
        with path.open("rb") as file:
            body = file.read(largest + 1)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}. Check the path.") from None
    if len(body) > largest:
        raise Misuse(f"{path} is larger than {largest:,} bytes. Give the part that matters.")
    is_html = path.suffix.lower() in {".html", ".htm", ".xhtml"}
    return Page(str(path), decoded(body, is_html=is_html), is_html)


def open_article(where: str) -> Page:
    """The article at a web address or in a file.

    Raises:
        Misuse: neither is there.
        ArticleUnavailable: the page cannot be had.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", where):
        return Fetcher().fetch(where)
    return read_file(Path(where).expanduser())
