"""Reads the tab-separated tables of a lexicon: a header line of column names, `#` comments, one row a line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from generation.errors import GenerationError


class LexiconError(GenerationError):
    """A lexicon table that cannot be read; the message names the file and the line."""


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row; missing cells at the end of a row are empty.

    Raises:
        LexiconError: the file is missing, not UTF-8, has other columns, or a row has too many cells.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise LexiconError(f"{path} is missing. Restore it, or point to another lexicon folder.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path} cannot be read: {error}.") from error
    header = None
    width = len(columns)
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("# ") or line == "#":
            continue
        cells = line.rstrip("\r").split("\t")
        if header is None:
            header = tuple(cells)
            if header != columns:
                raise LexiconError(f"{path} line {number}: the columns must be {', '.join(columns)}.")
            continue
        if len(cells) > width or not cells[0]:
            raise LexiconError(
                f"{path} line {number}: expected at most {width} cells and a first cell, found {len(cells)}."
            )
        yield number, cells + [""] * (width - len(cells))
    if header is None:
        raise LexiconError(f"{path} holds no header line. It must name the columns {', '.join(columns)}.")


def read_words(path: Path) -> frozenset[str]:
    """The words of a list between white space, `#` comments left out.

    Raises:
        LexiconError: the file is missing or not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path} cannot be read: {error}.") from error
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


class WordList:
    """The words of a list that is read when one is first looked up."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __contains__(self, word: object) -> bool:
        return word in self._words

    @cached_property
    def _words(self) -> frozenset[str]:
        return read_words(self._path)


def split_list(cell: str) -> tuple[str, ...]:
    """The items of a cell that holds a comma-separated list."""
    return tuple(item for item in (part.strip() for part in cell.split(",")) if item) if cell else ()
