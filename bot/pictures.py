"""Pictures by content: each lies once, under the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

from PIL import Image

from bot.errors import EaselError


class PictureStore:
    """A folder of PNG files named by their content; writing the same picture twice is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, image: Image.Image) -> str:
        """Keep `image` as PNG and return the SHA-256 of the file."""
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        data = buffer.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if path.exists():
            os.utime(path)  # in use again, for a retention that looks at this moment
        else:
            write_whole(path, data)
        return digest

    def path(self, digest: str) -> Path:
        """Where the picture lies."""
        return self.folder / digest[:2] / f"{digest}.png"

    def read(self, digest: str) -> bytes:
        """The bytes of a picture, checked against their name.

        Raises:
            EaselError: if the file is gone or was changed.
        """
        path = self.path(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise EaselError(f"The picture {path} is gone. Draw it again or restore it from a backup.") from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise EaselError(f"The picture {path} was changed after it was kept. Draw it again.")
        return data


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is either there in full or not at all, also if the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
