"""A backup as a file: a tar with a manifest at its end that names each member's size and SHA-256."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from bot.errors import EaselError

FORMAT = 1
MANIFEST = "manifest.json"
LONGEST_MANIFEST = 256 * 1024 * 1024
"""Bytes; a million files take about 150 MB."""
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """What is in a backup: (size, SHA-256) by name, when it was made, and the kind of its database."""

    made_at: datetime
    database: str
    members: dict[str, tuple[int, str]]


class Writer:
    """Adds files to a backup, hashing what truly goes into it."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._members: dict[str, tuple[int, str]] = {}

    def add(self, file: Path, name: str) -> None:
        """Add a file under a name; one that is gone by now (a picture that retention removed) is left out."""
        with contextlib.suppress(FileNotFoundError), file.open("rb") as stream:
            info = tarfile.TarInfo(name)
            info.size = os.fstat(stream.fileno()).st_size  # what grows meanwhile is taken as it is now
            hashing = Hashing(stream)
            self._archive.addfile(info, hashing)
            self._members[name] = (info.size, hashing.digest.hexdigest())

    def add_folder(self, folder: Path, name: str) -> None:
        """Add all files of a folder but those that are half-written."""
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.name.startswith(".writing-") and file.suffix != ".part":
                self.add(file, f"{name}/{file.relative_to(folder).as_posix()}")

    def finish(self, made_at: datetime, database: str) -> None:
        """Add the manifest."""
        body = {"format": FORMAT, "made_at": made_at.isoformat(), "database": database, "members": self._members}
        data = json.dumps(body).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(data)
        self._archive.addfile(info, io.BytesIO(data))


class Hashing(io.RawIOBase):
    """A stream that hashes what is read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._stream.read(size)
        self.digest.update(data)
        return data


@contextlib.contextmanager
def written(file: Path) -> Iterator[Writer]:
    """A new backup for its owner alone, there in full or not at all."""
    descriptor, part = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.absolute().parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w") as archive:
                yield Writer(archive)
            stream.flush()
            os.fsync(stream.fileno())
        Path(part).replace(file)
    finally:
        Path(part).unlink(missing_ok=True)


def read_manifest(file: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        EaselError: if the file is no backup, is cut off, or comes from a newer Easel.
    """
    with opened(file) as archive:
        try:
            member = archive.getmember(MANIFEST)
            stream = archive.extractfile(member)
            if stream is None or member.size > LONGEST_MANIFEST:
                raise ValueError(MANIFEST)
            body: dict[str, Any] = json.load(stream)
            if body["format"] > FORMAT:
                raise EaselError(f"{file} was made by a newer Easel: update Easel.")
            members = {str(name): (int(size), str(digest)) for name, (size, digest) in body["members"].items()}
            return Manifest(datetime.fromisoformat(body["made_at"]), str(body["database"]), members)
        except (KeyError, ValueError, TypeError, AttributeError, tarfile.TarError):
            raise EaselError(f"{file} is no whole backup of Easel: its manifest is missing or damaged.") from None


def unpack(file: Path, manifest: Manifest, folder: Path) -> None:
    """Write the members into `folder`, each checked against the manifest.

    Raises:
        EaselError: naming the first member that is missing, damaged, or would lie outside of the folder.
    """
    left = dict(manifest.members)
    with opened(file) as archive:
        try:
            for member in archive:
                if member.name == MANIFEST:
                    continue
                expected = left.pop(member.name, None)
                stream = archive.extractfile(member) if member.isreg() else None
                if expected is None or stream is None or not is_inside(member.name) or member.size != expected[0]:
                    raise EaselError(f"{file}: {member.name[:80]!r} does not belong into a backup.")
                target = folder / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                hashing = Hashing(stream)
                with target.open("wb") as output:
                    shutil.copyfileobj(hashing, output, BLOCK)
                if hashing.digest.hexdigest() != expected[1]:
                    raise EaselError(f"{file}: {member.name[:80]!r} is damaged. Use another backup.")
        except tarfile.TarError as error:
            raise EaselError(f"{file} is damaged ({error}). Use another backup.") from None
    if left:
        raise EaselError(f"{file} lacks {next(iter(left))[:80]!r}. Use another backup.")


def is_inside(name: str) -> bool:
    """Whether a member's name stays in the folder it is unpacked into."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)


@contextlib.contextmanager
def opened(file: Path) -> Iterator[tarfile.TarFile]:
    """A backup for reading."""
    try:
        archive = tarfile.open(file, "r:")  # noqa: SIM115 - closed below; only opening it may say that it is no tar
    except (tarfile.TarError, FileNotFoundError, IsADirectoryError) as error:
        raise EaselError(f"{file} is no backup of Easel ({error}).") from None
    with archive:
        yield archive
