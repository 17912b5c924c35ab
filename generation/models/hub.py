"""Fetch models from the Hugging Face hub, or any server that answers as it does: resumable, verified, bounded.

The hub is spoken to over plain HTTP (two requests: a revision's list of files, and each file), because its own client
would also bring its cache, its telemetry switch and its login.

Source: the hub's API documentation (`/api/models/{repo}/revision/{revision}?blobs=true`, `/{repo}/resolve/...`).
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.errors import GenerationError, ModelFileError
from generation.files.allowed import LARGEST
from generation.files.weights import MSGPACK_NAME, SAFETENSORS_NAME
from generation.models.manifest import Manifest, Source

if TYPE_CHECKING:
    import httpx2

HUB = "https://huggingface.co"

PUBLISHED_VQGAN = "dalle-mini/vqgan_imagenet_f16_16384"
PUBLISHED = {"mini": "dalle-mini/dalle-mini", "mega": "dalle-mini/dalle-mega"}
"""Short names for the published models; any other is named as OWNER/NAME."""

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there, and the bytes that it will have."""

_REPOSITORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HEX = re.compile(r"[0-9a-f]{40,64}")
_LARGEST_ANSWER = 4 << 20
_SECONDS_WITHOUT_A_BYTE = 30.0
_TRIES = 3  # a connection that drops in the middle is resumed this often


@dataclass(frozen=True)
class RemoteFile:
    """A file in a repository. `digest` is a SHA-256 for large files, else Git's SHA-1 of the blob."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class Repository:
    """One revision of a repository: the files of it that a bundle holds."""

    name: str
    revision: str
    licence: str
    files: tuple[RemoteFile, ...]

    @property
    def source(self) -> Source:
        """How a manifest names it."""
        return Source(self.name, self.licence, f"{HUB}/{self.name}", f"revision {self.revision}")


class Hub:
    """A client of one hub. Files are kept in `downloads` until the caller removes them, so that a fetch can resume."""

    def __init__(self, downloads: Path, url: str = HUB, token: str = "") -> None:
        self._downloads = downloads
        self._url = url.rstrip("/")
        self._headers = {"accept-encoding": "identity"}  # sizes are checked as they arrive, so nothing may be packed
        if token:
            self._headers["authorization"] = f"Bearer {token}"

    def describe(self, repository: str, revision: str = "main") -> Repository:
        """Ask for the files of a repository's revision. Raises GenerationError where that is not possible."""
        if not _REPOSITORY.fullmatch(repository) or not _REVISION.fullmatch(revision):
            raise GenerationError(
                f"{repository[:80]!r} is no model of a hub; name it as OWNER/NAME, or {_short_names()}."
            )
        with self._client() as client:
            answer = self._ask(client, f"/api/models/{repository}/revision/{revision}", {"blobs": "true"}, repository)
        return _repository(repository, answer)

    def fetch(self, repository: Repository, progress: Progress = lambda name, done, size: None) -> Path:
        """Download what is not there yet, verify each file, and return the folder.

        Raises GenerationError where the hub cannot be reached or the disk is too small, ModelFileError where a file is
        not the one that the hub described.
        """
        folder = self._downloads / repository.name.replace("/", "--") / repository.revision
        folder.mkdir(parents=True, exist_ok=True)
        missing = [file for file in repository.files if not (folder / file.name).exists()]
        _refuse_small_disk(folder, sum(file.size for file in missing))
        with self._client() as client:
            for file in repository.files:
                if file in missing:
                    self._download(client, repository, file, folder, progress)
                else:
                    progress(file.name, file.size, file.size)
        return folder

    def _download(
        self, client: httpx2.Client, repository: Repository, file: RemoteFile, folder: Path, progress: Progress
    ) -> None:
        part = folder / f"{file.name}.part"
        address = f"{self._url}/{repository.name}/resolve/{repository.revision}/{file.name}"
        for attempt in range(_TRIES):
            try:
                _stream(client, address, file, part, progress)
                break
            except _transport_errors() as error:
                if attempt + 1 == _TRIES:
                    raise self._unreachable(error) from error
        if _digest(part, len(file.digest)) != file.digest:
            part.unlink()
            raise ModelFileError(f"{address}: is not the file that the hub described (hash differs); fetch it again.")
        part.rename(folder / file.name)

    def _ask(self, client: httpx2.Client, path: str, parameters: dict[str, str], repository: str) -> dict[str, Any]:
        try:
            with client.stream("GET", self._url + path, params=parameters) as answer:
                _refuse_status(answer, repository)
                content = b""
                for piece in answer.iter_bytes():
                    content += piece
                    if len(content) > _LARGEST_ANSWER:
                        raise GenerationError(f"{self._url} answers more than {_LARGEST_ANSWER} bytes; is it a hub?")
            values = json.loads(content)
        except _transport_errors() as error:
            raise self._unreachable(error) from error
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise GenerationError(f"{self._url} does not answer as a hub does ({str(error)[:80]}).") from error
        if not isinstance(values, dict):
            raise GenerationError(f"{self._url} does not answer as a hub does (no JSON object).")
        return values

    @contextmanager
    def _client(self) -> Iterator[httpx2.Client]:
        import httpx2

        with httpx2.Client(
            headers=self._headers, timeout=_SECONDS_WITHOUT_A_BYTE, follow_redirects=True, max_redirects=5
        ) as client:
            yield client

    def _unreachable(self, error: Exception) -> GenerationError:
        return GenerationError(
            f"{self._url} cannot be reached ({str(error)[:120] or type(error).__name__}). What was loaded is kept: try "
            "again with a network, or copy the model's folder here and run `easel models add FOLDER`."
        )


def published_manifest(name: str, repositories: Sequence[Repository]) -> Manifest:
    """The manifest of a model that was fetched; the first repository is the DALL-E Mini's own."""
    first = repositories[0]
    return Manifest(
        name,
        description=f"{first.name} as published.",
        licence=first.licence,
        parent=f"{first.name} {first.revision}",
        made_by=first.name.partition("/")[0],
        sources=tuple(repository.source for repository in repositories),
    )


def _repository(name: str, answer: dict[str, Any]) -> Repository:
    """Take the files that a bundle holds out of a hub's answer, which may say anything. Raises GenerationError."""
    revision = answer.get("sha")
    siblings = answer.get("siblings")
    if not isinstance(revision, str) or not _HEX.fullmatch(revision) or not isinstance(siblings, list):
        raise GenerationError(f"{name}: the hub's answer names no revision and files.")
    files = [_remote_file(name, entry) for entry in siblings if isinstance(entry, dict)]
    found = {file.name: file for file in files if file is not None}
    if MSGPACK_NAME in found:
        found.pop(SAFETENSORS_NAME, None)
    if "config.json" not in found or not found.keys() & {MSGPACK_NAME, SAFETENSORS_NAME}:
        raise GenerationError(f"{name}: holds no model that Easel reads (config.json with {MSGPACK_NAME}).")
    card = answer.get("cardData")
    licence = card.get("license") if isinstance(card, dict) else None
    return Repository(
        name, revision, licence if isinstance(licence, str) else "unknown", tuple(found[key] for key in sorted(found))
    )


def _remote_file(repository: str, entry: dict[str, Any]) -> RemoteFile | None:
    name = entry.get("rfilename")
    if not isinstance(name, str) or name not in LARGEST or name == "README.md":
        return None
    large = entry.get("lfs")
    size = entry.get("size")
    digest = large.get("sha256") if isinstance(large, dict) else entry.get("blobId")
    if isinstance(size, bool) or not isinstance(size, int) or not isinstance(digest, str) or not _HEX.fullmatch(digest):
        raise GenerationError(f"{repository}: the hub's answer gives no size and hash for {name}.")
    if not 0 <= size <= LARGEST[name]:
        raise GenerationError(f"{repository}: {name} has {size:,} bytes; no such file has more than {LARGEST[name]:,}.")
    return RemoteFile(name, size, digest)


def _stream(client: httpx2.Client, address: str, file: RemoteFile, part: Path, progress: Progress) -> None:
    """Append to `part` what is missing of it. Raises the client's errors where the connection ends before the file."""
    import httpx2

    done = part.stat().st_size if part.exists() else 0
    if done > file.size:
        part.unlink()
        done = 0
    progress(file.name, done, file.size)
    if done == file.size and part.exists():
        return
    with client.stream("GET", address, headers={"range": f"bytes={done}-"} if done else {}) as answer:
        _refuse_status(answer, address)
        if answer.status_code != httpx2.codes.PARTIAL_CONTENT:
            done = 0
        with part.open("ab" if done else "wb") as target:
            for piece in answer.iter_bytes():
                done += len(piece)
                if done > file.size:
                    raise ModelFileError(f"{address}: sends more than the {file.size:,} bytes that it announced.")
                target.write(piece)
                progress(file.name, done, file.size)
    if done < file.size:
        raise httpx2.RemoteProtocolError("the connection ended before the file")


def _refuse_status(answer: httpx2.Response, what: str) -> None:
    if answer.status_code in (401, 403, 404):
        raise GenerationError(f"{what}: the hub has no such model, or shows it to others only ({answer.status_code}).")
    if not answer.is_success:
        raise GenerationError(f"{what}: the hub answered {answer.status_code}; try again later.")


def _refuse_small_disk(folder: Path, needed: int) -> None:
    # The files lie there twice for a moment: as they were loaded, and in the bundle.
    free = shutil.disk_usage(folder).free
    if free < 2 * needed:
        raise GenerationError(
            f"{folder}: has {free / 1e9:.1f} GB free, and {2 * needed / 1e9:.1f} GB are needed; make room first."
        )


def _digest(file: Path, length: int) -> str:
    """SHA-256 for a digest of 64 letters; else Git's SHA-1 of the blob, a checksum of what the hub itself calls it."""
    if length == 64:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    header = f"blob {file.stat().st_size}\0".encode()
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.sha1(header, usedforsecurity=False)).hexdigest()


def _transport_errors() -> tuple[type[Exception], ...]:
    import httpx2

    return httpx2.TransportError, httpx2.TooManyRedirects


def _short_names() -> str:
    return " or ".join(PUBLISHED)
