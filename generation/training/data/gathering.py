"""From a table to a set that can be learned from: what is good is kept as pixels, what is not is counted and listed.

A gathered set lies in a folder: `pixels.raw`, `captions.jsonl`, `left-out.jsonl`, and `gathered.json`, written last,
which names what it was made from; a second run finds it and reads no picture again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from generation.training.data.pictures import BadPicture, Pixels, read_picture
from generation.training.data.table import Row, Table
from generation.training.errors import TrainingError


@dataclass(frozen=True)
class LeftOut:
    """A row that is not learned from, and why."""

    row: int
    picture: str
    why: str


@dataclass(frozen=True)
class Gathered:
    """N examples: captions, the rows they stood in, and pixels (N, S, S, 3), which stay on the disk until read."""

    captions: tuple[str, ...]
    rows: tuple[int, ...]
    pixels: Pixels
    left_out: tuple[LeftOut, ...]

    def __len__(self) -> int:
        return len(self.captions)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were left out, by reason, the most frequent first."""
        return dict(Counter(item.why for item in self.left_out).most_common())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all captions and pixels in their order: equal digests teach the same."""
        found = hashlib.sha256()
        for caption, pixels in zip(self.captions, self.pixels, strict=True):
            found.update(_digest(caption, pixels))
        return found.hexdigest()

    def summary(self) -> str:
        """One line for a person."""
        reasons = ", ".join(f"{count} {why}" for why, count in self.counts.items())
        return f"{len(self)} pictures with captions" + (f"; left out: {reasons}" if reasons else "")


def gather(table: Table, size: int, folder: Path) -> Gathered:
    """Read every row and keep what is good in `folder`; what is there already, from the same files, is taken.

    Raises TrainingError where no row is good; the message says how many were bad in which way.
    """
    rows = list(table.rows())
    made_from = _fingerprint(table, rows, size)
    found = _found(folder, made_from, size) or _gathered(table, rows, size, folder, made_from)
    if not len(found):
        reasons = ", ".join(f"{count} {why}" for why, count in found.counts.items()) or "it has no rows"
        raise TrainingError(f"{table.file}: holds nothing to learn from: {reasons}.")
    return found


def _gathered(table: Table, rows: Sequence[Row], size: int, folder: Path, made_from: str) -> Gathered:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gathered.json").unlink(missing_ok=True)
    kept: list[Row] = []
    left_out: list[LeftOut] = []
    seen: set[bytes] = set()
    with (folder / "pixels.raw").open("wb") as file:
        for row in rows:
            try:
                picture = _checked(table, row, size, seen)
            except BadPicture as error:
                left_out.append(LeftOut(row.number, row.picture, str(error)))
                continue
            file.write(picture.tobytes())
            kept.append(row)
    captions = tuple(row.caption for row in kept)
    _write_lines(folder / "captions.jsonl", [{"row": row.number, "caption": row.caption} for row in kept])
    _write_lines(folder / "left-out.jsonl", [asdict(item) for item in left_out])
    (folder / "gathered.json").write_text(json.dumps({"made_from": made_from}) + "\n", "utf-8")
    stored = _stored(folder, len(kept), size)
    return Gathered(captions, tuple(row.number for row in kept), stored, tuple(left_out))


def _found(folder: Path, made_from: str, size: int) -> Gathered | None:
    try:
        if json.loads((folder / "gathered.json").read_text("utf-8")) != {"made_from": made_from}:
            return None
        lines = _read_lines(folder / "captions.jsonl")
        left_out = [LeftOut(**item) for item in _read_lines(folder / "left-out.jsonl")]
        pixels = _stored(folder, len(lines), size)
    except (OSError, ValueError, TypeError):  # not there, or half of it: it is only what can be made again
        return None
    rows, captions = tuple(line["row"] for line in lines), tuple(line["caption"] for line in lines)
    return Gathered(captions, rows, pixels, tuple(left_out))


def _stored(folder: Path, count: int, size: int) -> Pixels:
    """The kept pixels, left on the disk. Raises ValueError where there are fewer than they should be."""
    shape = (count, size, size, 3)
    return np.memmap(folder / "pixels.raw", np.uint8, "r", shape=shape) if count else np.zeros(shape, np.uint8)


def _checked(table: Table, row: Row, size: int, seen: set[bytes]) -> Pixels:
    if not row.caption:
        raise BadPicture("without a caption")
    path = table.pictures / row.picture
    if not row.picture or not path.resolve().is_relative_to(table.pictures.resolve()):
        raise BadPicture("outside of the pictures' folder")
    pixels = read_picture(path, size)
    digest = _digest(row.caption, pixels)
    if digest in seen:
        raise BadPicture("twice there")
    seen.add(digest)
    return pixels


def _digest(caption: str, pixels: Pixels) -> bytes:
    return hashlib.sha256(json.dumps(caption).encode() + np.ascontiguousarray(pixels).tobytes()).digest()


def _fingerprint(table: Table, rows: Sequence[Row], size: int) -> str:
    """A hash of the rows and of their files' sizes and times, which is quick to find and changes when they do."""
    found = hashlib.sha256(f"{size}\n".encode())
    for row in rows:
        try:
            status = (table.pictures / row.picture).stat()
            state = f"{status.st_size} {status.st_mtime_ns}"
        except (OSError, ValueError):
            state = "gone"
        found.update(json.dumps([row.number, row.caption, row.picture, state]).encode())
    return found.hexdigest()


def _read_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:  # by line feeds only: a caption may hold Unicode's other ends of lines
        return [json.loads(line) for line in file]


def _write_lines(path: Path, items: Sequence[object]) -> None:
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), "utf-8")
