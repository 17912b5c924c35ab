"""Retention: posts that are over for long go with their pictures, as the setting `retention_days` says."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Refused

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
        return Removed(len(posts), *measured(unused(studio, now, without=posts)))
    gone = []
    for post_id in posts:
        try:
            gone.append(records.forget_post(post_id, "easel", f"it was over for {days} days"))
        except Refused:  # somebody took it up again at this moment
            continue
    remove_traces(studio.settings, gone)
    files = unused(studio, now)
    count, size = measured(files)
    for file in files:
        file.unlink(missing_ok=True)
    return Removed(len(gone), count, size)


def unused(studio: Studio, now: datetime, without: Sequence[str] = ()) -> list[Path]:
    """Picture files that nothing names, but for what the posts `without` name, and that are not young."""
    used = studio.records.pictures_in_use(set(without))
    oldest = (now - YOUNGEST).timestamp()
    files = studio.settings.pictures.glob("??/*.png")
    return [file for file in files if file.stem not in used and file.stat().st_mtime < oldest]


def measured(files: Sequence[Path]) -> tuple[int, int]:
    """How many files there are and their bytes."""
    return len(files), sum(file.stat().st_size for file in files)


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
