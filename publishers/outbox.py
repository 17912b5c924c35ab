"""A publisher that writes posts into a folder: to try things out, and in place of a network not set up yet.

Layout: `<folder>/<network>/<publication id>/` with `post.json`, `post.html` and `picture-1.png`, ...
A post's folder is written under a hidden name, forced to disk, and renamed into place as one step. So it is
either there whole or not there, whatever crashes; and since a folder cannot be renamed onto a folder that holds
something, the first writer of a publication id wins and every later one is told what the first wrote.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from publishers.errors import Outcome, PublishError, Reason
from publishers.limits import Limits
from publishers.networks import limits_of
from publishers.outbox_page import post_page
from publishers.pictures import picture_kind, prepare_picture
from publishers.publication import Absent, AccountReport, Found, Lookup, Media, Publication, Published

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}
UPLOAD_ID = re.compile(r"[0-9a-f]{64}\.(png|jpg|webp|pdf)")
STALE_SECONDS = 3_600.0
"""A hidden folder older than this was left by a crash: no write takes an hour."""


class OutboxPublisher:
    """Writes each publication into a folder exactly once, with the limits of the network it stands in for."""

    def __init__(self, folder: Path, network: str = "outbox") -> None:
        self._limits = limits_of(network)
        self._network = network
        self._posts = Path(folder) / network
        self._uploads = self._posts / ".uploads"
        self._taken_down = self._posts / ".taken-down"

    @property
    def network(self) -> str:
        """The network stood in for."""
        return self._network

    @property
    def limits(self) -> Limits:
        """The limits of the network stood in for."""
        return self._limits

    def check(self) -> AccountReport:
        """The folder can be written to."""
        with self._storing("open the outbox"):
            self._posts.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._posts):
                pass
        return AccountReport(self._network, str(self._posts), f"local outbox for {self._network}")

    def prepare(self, picture: bytes) -> bytes:
        """The picture as the network stood in for would take it."""
        return prepare_picture(picture, self._limits.picture, self._network).data

    def upload(self, data: bytes, alt: str) -> Media:
        """Keep the bytes under their SHA-256; the same bytes twice are kept once."""
        kind = picture_kind(data)
        if kind not in self._limits.picture.formats and not data.startswith(b"%PDF-"):
            raise PublishError(f"The outbox takes prepared pictures and PDFs: call prepare() first ({self._posts}).")
        suffix = SUFFIXES[kind] if kind else ".pdf"
        name = hashlib.sha256(data).hexdigest() + suffix
        with self._storing("keep a picture"):
            self._uploads.mkdir(parents=True, exist_ok=True)
            _write_whole(self._uploads / name, data)
        return Media(name, alt, "image" if kind else "document")

    def create(self, publication: Publication) -> Published:
        """Write the post, or return what an earlier call with this publication id wrote."""
        if problems := self._limits.problems(publication.text, [media.alt for media in publication.media]):
            raise PublishError(" ".join(problems), network=self._network)
        with self._storing(f"write publication {publication.id}"):
            if existing := self._read(publication.id):
                return self._same(publication, existing)
            if (self._taken_down / publication.id).exists():
                raise PublishError(f"Publication {publication.id} was taken down before: post it under a new id.")
            self._posts.mkdir(parents=True, exist_ok=True)
            self._sweep()
            draft = Path(tempfile.mkdtemp(prefix=f".{publication.id}-", dir=self._posts))
            try:
                self._fill(draft, publication)
                _sync_folder(draft)
                draft.rename(self._posts / publication.id)
            except OSError:
                shutil.rmtree(draft, ignore_errors=True)
                if (winner := self._read(publication.id)) is None:
                    raise
                return self._same(publication, winner)
            except PublishError:
                shutil.rmtree(draft, ignore_errors=True)
                raise
            _sync_folder(self._posts)
        return self._published(publication.id)

    def find(self, publication: Publication) -> Lookup:
        """A folder always knows: Found or Absent."""
        with self._storing(f"look up publication {publication.id}"):
            there = self._read(publication.id) is not None
        return Found(self._published(publication.id)) if there else Absent()

    def delete(self, publication: Publication) -> None:
        """Move the post aside, so that its id is never written a second time."""
        with self._storing(f"take down publication {publication.id}"):
            self._taken_down.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                (self._posts / publication.id).rename(self._taken_down / publication.id)

    def cost(self, publication: Publication) -> Decimal:
        """Nothing."""
        return Decimal(0)

    def _fill(self, draft: Path, publication: Publication) -> None:
        pictures = []
        for number, media in enumerate(publication.media, 1):
            data = self._uploaded(media)
            name = f"picture-{number}{Path(media.id).suffix}" if media.kind == "image" else "carousel.pdf"
            _write_whole(draft / name, data)
            pictures.append({"file": name, "alt": media.alt, "sha256": hashlib.sha256(data).hexdigest()})
        post = {
            "publication": publication.id,
            "network": self._network,
            "text": publication.text,
            "pictures": pictures,
            "body_hash": publication.body_hash,
            "attempted_at": publication.attempted_at.isoformat(),
            "made_with_ai": publication.made_with_ai,
        }
        _write_whole(draft / "post.html", post_page(self._network, publication.text, pictures).encode())
        _write_whole(draft / "post.json", json.dumps(post, indent=2, ensure_ascii=False).encode())

    def _uploaded(self, media: Media) -> bytes:
        again = f"Picture {media.id[:12]}… is not in the outbox {self._posts}: upload it again."
        if not UPLOAD_ID.fullmatch(media.id):
            raise PublishError(again, network=self._network)
        try:
            data = (self._uploads / media.id).read_bytes()
        except FileNotFoundError:
            raise PublishError(again, network=self._network) from None
        if hashlib.sha256(data).hexdigest() != Path(media.id).stem:
            raise PublishError(
                f"Picture {media.id[:12]}… in {self._uploads} was changed after its upload: upload it again.",
                network=self._network,
            )
        return data

    def _read(self, publication_id: str) -> dict[str, object] | None:
        file = self._posts / publication_id / "post.json"
        try:
            post = json.loads(file.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            post = None
        if not isinstance(post, dict):
            raise PublishError(
                f"{file} was changed and is no longer JSON: delete its folder to post again.",
                reason=Reason.STORAGE,
                network=self._network,
            )
        return post

    def _same(self, publication: Publication, existing: dict[str, object]) -> Published:
        if existing.get("body_hash", "") != publication.body_hash or existing.get("text") != publication.text:
            raise PublishError(
                f"Publication {publication.id} is already in the outbox with another text or pictures: "
                f"take it down first, or post under a new id ({self._posts / publication.id}).",
                reason=Reason.DUPLICATE,
                network=self._network,
            )
        return self._published(publication.id)

    def _published(self, publication_id: str) -> Published:
        page = (self._posts / publication_id / "post.html").absolute()
        return Published(self._network, "outbox", publication_id, page.as_uri())

    def _sweep(self) -> None:
        """Remove the hidden drafts that a crash left behind."""
        drafts = set(self._posts.glob(".*-*")) - {self._taken_down} | set(self._uploads.glob(".writing-*"))
        for left in drafts:
            with contextlib.suppress(FileNotFoundError):  # another process may be sweeping too
                if time.time() - left.stat().st_mtime <= STALE_SECONDS:
                    continue
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink()

    @contextlib.contextmanager
    def _storing(self, what: str) -> Iterator[None]:
        """Turn trouble with the disk into one line; nothing half-written is visible by then."""
        try:
            yield
        except OSError as error:
            raise PublishError(
                f"Could not {what} in {self._posts}: {error.strerror or error}. "
                "Free some space or choose another outbox folder, then try again.",
                outcome=Outcome.REFUSED,
                reason=Reason.STORAGE,
                network=self._network,
            ) from error


def _write_whole(file: Path, data: bytes) -> None:
    """Put a file in place in one step, on disk before it has its name."""
    descriptor, draft = tempfile.mkstemp(prefix=".writing-", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        Path(draft).replace(file)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Force a folder's entries to disk, where the system can (Windows cannot open a folder)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
