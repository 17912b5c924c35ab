"""Retention: posts that are over for long go with their pictures, as the setting `retention_days` says."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Refused
from bot.records.values import EASEL

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from bot.records.forgetting import ForgottenPost
    from bot.settings import Settings

YOUNGEST = timedelta(days=1)
"""A picture that was kept or used within a day stays: its candidate may be on its way into the records."""


@dataclass(frozen=True)
class Removed:
    """What went, or would go."""

    posts: int
    pictures: int
    bytes: int


def retain(studio: Studio, now: datetime, *, dry_run: bool = False) -> Removed:
    """Forget what has been over for `retention_days` (0: nothing), and pictures that nothing names any more."""
    days, records = studio.settings.retention_days, studio.records
    posts = records.settled_posts(now - timedelta(days=days)) if days else []
    if dry_run:
        return removed(posts, unused(studio, now, without=posts))
    gone = []
    for post_id in posts:
        try:
            gone.append(records.forget_post(post_id, EASEL, f"it was over for {days} days"))
        except Refused:  # somebody took it up again at this moment
            continue
    remove_traces(studio.settings, gone)
    files = unused(studio, now)
    for file in files:
        file.unlink(missing_ok=True)
    return removed(gone, files)


def unused(studio: Studio, now: datetime, without: Sequence[str] = ()) -> dict[Path, int]:
    """Picture files, with their bytes, that nothing names but the posts `without`, and that are not young."""
    used = studio.records.pictures_in_use(set(without))
    oldest = (now - YOUNGEST).timestamp()
    found = {}
    for file in studio.settings.pictures.glob("??/*.png"):
        with contextlib.suppress(FileNotFoundError):  # another worker may be at it too
            facts = file.stat()
            if file.stem not in used and facts.st_mtime < oldest:
                found[file] = facts.st_size
    return found


def removed(posts: Sequence[object], files: Mapping[Path, int]) -> Removed:
    """What went with these posts and files."""
    return Removed(len(posts), len(files), sum(files.values()))


def remove_traces(settings: Settings, posts: Sequence[ForgottenPost]) -> None:
    """Remove what forgotten posts left outside of the records: sheets, the local outbox, the queues' memory."""
    for post in posts:
        shutil.rmtree(settings.outbox / post.post_id, ignore_errors=True)
        for network, publication_id in post.publications:
            for folder in (settings.outbox / network, settings.outbox / network / ".taken-down"):
                shutil.rmtree(folder / publication_id, ignore_errors=True)
    if posts:
        from bot.pipeline.durable import forget_work

        ids = [publication_id for post in posts for _, publication_id in post.publications]
        forget_work(settings, [post.post_id for post in posts], ids)
