"""Rows of captions and pictures: from CSV, TSV, JSON lines or Parquet, or a folder with a text beside each picture."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.training.errors import TrainingError

CAPTION_COLUMNS = ("caption", "text", "prompt")
PICTURE_COLUMNS = ("picture", "image", "file_name", "file", "path")
"""The names that data sets give to the two columns; the first that is there counts."""

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
TABLE_NAMES = tuple(f"{name}{suffix}" for name in ("captions", "metadata") for suffix in TABLE_SUFFIXES)
"""A table of one of these names inside a folder describes its pictures."""

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class Row:
    """One row as it was written: its number from 1, its caption, and the picture's path as the table names it."""

    number: int
    caption: str
    picture: str


@dataclass(frozen=True)
class Table:
    """Where rows come from, and the folder that their pictures' paths begin in."""

    file: Path
    pictures: Path

    @classmethod
    def at(cls, place: Path, pictures: Path | None = None) -> Table:
        """A table's file, or a folder of pictures (with a table of TABLE_NAMES inside, or a .txt beside each picture).

        Raises TrainingError where there is neither.
        """
        if place.is_dir():
            tables = [place / name for name in TABLE_NAMES if (place / name).is_file()]
            return cls(tables[0] if tables else place, pictures or place)
        if not place.is_file():
            raise TrainingError(f"{place}: there is no such file or folder to learn from.")
        if place.suffix.lower() not in TABLE_SUFFIXES:
            known = ", ".join(TABLE_SUFFIXES)
            raise TrainingError(f"{place}: is no table that can be read; those end in {known}, or name a folder.")
        return cls(place, pictures or place.parent)

    def rows(self) -> Iterator[Row]:
        """Every row, in order. Raises TrainingError where the table itself cannot be read; rows may still be bad."""
        if self.file.is_dir():
            yield from _folder_rows(self.file)
            return
        read = {".csv": _csv_records, ".tsv": _tsv_records, ".jsonl": _json_records, ".parquet": _parquet_records}
        try:
            columns: tuple[str, str] | None = None
            for number, record in enumerate(read[self.file.suffix.lower()](self.file), start=1):
                columns = columns or self._columns(record)
                caption, picture = (record.get(column) for column in columns)
                yield Row(number, _text(caption), _text(picture))
        except (UnicodeDecodeError, csv.Error) as error:
            raise TrainingError(f"{self.file}: cannot be read as text in UTF-8 ({error}); save it so.") from error

    def _columns(self, record: Mapping[str, Any]) -> tuple[str, str]:
        found = []
        for wanted in (CAPTION_COLUMNS, PICTURE_COLUMNS):
            names = [name for name in wanted if name in record]
            if not names:
                there = ", ".join(str(name)[:40] for name in record) or "none"
                raise TrainingError(f"{self.file}: has no column {' or '.join(wanted)}; its columns are {there}.")
            found.append(names[0])
        return found[0], found[1]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _csv_records(file: Path, delimiter: str = ",") -> Iterator[Mapping[str, Any]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        yield from csv.DictReader(opened, delimiter=delimiter)


def _tsv_records(file: Path) -> Iterator[Mapping[str, Any]]:
    return _csv_records(file, "\t")


def _json_records(file: Path) -> Iterator[Mapping[str, Any]]:
    with file.open(encoding="utf-8-sig") as opened:
        for number, line in enumerate(opened, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise TrainingError(f"{file}, line {number}: is no JSON ({str(error)[:80]}).") from error
            if not isinstance(record, dict):
                raise TrainingError(f"{file}, line {number}: is no JSON object with a caption and a picture.")
            yield record


def _parquet_records(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        import pyarrow  # type: ignore[import-untyped]
        import pyarrow.parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise TrainingError(f"{file}: reading Parquet needs `pip install 'easel-bot[parquet]'`; or use CSV.") from error
    try:
        opened = pyarrow.parquet.ParquetFile(file)
        names = set(opened.schema_arrow.names)
        wanted = [name for name in (*CAPTION_COLUMNS, *PICTURE_COLUMNS) if name in names]
        for group in opened.iter_batches(columns=wanted):
            yield from group.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise TrainingError(f"{file}: is no Parquet file that can be read ({str(error)[:80]}).") from error


def _folder_rows(folder: Path) -> Iterator[Row]:
    pictures = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
    for number, path in enumerate(pictures, start=1):
        beside = path.with_suffix(".txt")
        try:
            caption = beside.read_text(encoding="utf-8-sig").strip() if beside.is_file() else ""
        except UnicodeDecodeError:
            caption = ""
        yield Row(number, caption, str(path.relative_to(folder)))
