"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from generation.errors import GenerationError


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """Give a hidden sibling of `target` to fill; on success it is synced and renamed to `target`, else it is removed.

    A reader sees no folder or the whole one, also after a power cut. Raises GenerationError where `target` exists and
    is not empty.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        yield staging
        for path in sorted(staging.rglob("*"), reverse=True):
            sync(path)
        staging.chmod(0o755)  # mkdtemp made it private
        sync(staging)
        try:
            staging.rename(target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise GenerationError(f"{target}: exists already; name a folder that does not.") from error
            raise
        sync(target.parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


@contextmanager
def staged_file(target: Path) -> Iterator[BinaryIO]:
    """Give a file beside `target` to write; on success it takes the place of `target`, else it is removed."""
    part = target.with_name(target.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
