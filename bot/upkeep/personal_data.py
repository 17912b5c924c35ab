"""What is kept of one person: handed to them, or erased. The audit keeps that something was done, without the name."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import Misuse
from bot.records import PublicationState
from bot.records.values import new_id
from bot.upkeep.retention import remove_traces

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from bot.records.forgetting import ForgottenPost
    from bot.records.tables import Post, PublicationRow, Table

HIDDEN = frozenset({"credentials", "token"})


@dataclass(frozen=True)
class Erased:
    """What was erased, what stands on the networks still, and what the audit calls the person from now on."""

    posts: int
    live: tuple[PublicationRow, ...]
    pseudonym: str


def export_person(studio: Studio, person: str, file: Path) -> int:
    """Write a zip with all that this workspace keeps of a person, `data.json` and their pictures; how many posts.

    Raises:
        Misuse: if nothing is kept of them.
    """
    records = studio.records
    refuse_unknown(studio, person)
    posts = records.posts_by(person)
    data: dict[str, Any] = {
        "person": person,
        "workspace": records.workspace,
        "posts": [whole(studio, post) for post in posts],
        "accounts": [plain(row) for row in records.accounts() if row.owner == person],
        "examples": [plain(row) for row in records.examples_by(person)],
        "requests": [plain(row) for row in records.requests_by(person)],
        "audit": [plain(row) for row in records.audit_of(person)],
    }
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=2))
        for digest in sorted({row["picture"] for post in data["posts"] for row in post["candidates"]}):
            path = studio.pictures.path(digest)
            if path.exists():
                archive.write(path, f"pictures/{digest}.png")
    return len(posts)


def whole(studio: Studio, post: Post) -> dict[str, Any]:
    """A post with all that hangs on it."""
    records = studio.records
    return {
        **plain(post),
        "briefs": [plain(row) for row in records.briefs(post.id)],
        "candidates": [plain(row) for row in records.candidates(post.id)],
        "publications": [plain(row) for row in records.publications(post.id)],
        "examples": [plain(row) for row in records.examples() if row.post_id == post.id],
        "audit": [plain(row) for row in records.audit(post.id)],
    }


def plain(row: Table) -> dict[str, Any]:
    """A row's columns as JSON holds them, without what is secret."""
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in HIDDEN}
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}


def erase_person(studio: Studio, person: str, by: str) -> Erased:
    """Take away a person's posts with everything that hangs on them, and their name from all that stays.

    What is planned of them will not go out. What is on the networks stays there: take it down before.

    Raises:
        Misuse: if nothing is kept of them.
        Refused: naming a post of theirs that is on its way at this moment; what came before it is erased.
    """
    records = studio.records
    refuse_unknown(studio, person)
    live: list[PublicationRow] = []
    pictures: set[str] = set()
    gone: list[ForgottenPost] = []
    try:
        for post in records.posts_by(person):
            live += [row for row in records.publications(post.id) if row.state == PublicationState.PUBLISHED]
            pictures |= {row.picture for row in records.candidates(post.id)}
            gone.append(records.forget_post(post.id, by, "erased on request", settled=False))
    finally:
        remove_traces(studio.settings, gone)
        for digest in pictures - records.pictures_in_use():
            studio.pictures.path(digest).unlink(missing_ok=True)
    pseudonym = new_id("erased")
    records.erase_name(person, pseudonym, by)
    return Erased(len(gone), tuple(live), pseudonym)


def refuse_unknown(studio: Studio, person: str) -> None:
    """Raise Misuse if nothing in this workspace names the person."""
    records = studio.records
    owned = any(row.owner == person for row in records.accounts())
    if not (owned or records.posts_by(person) or records.requests_by(person) or records.audit_of(person)):
        raise Misuse(f"Nothing is kept of {person!r} in the workspace {records.workspace!r}.")
