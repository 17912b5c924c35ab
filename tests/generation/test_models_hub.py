"""Models are fetched over real HTTP from a small hub of our own: resumed, verified, and never believed."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from generation.errors import GenerationError, ModelFileError
from generation.models import ModelRegistry
from generation.models.hub import Hub, published_manifest

ORACLE = Path(__file__).parent.parent / "data" / "oracle"
REVISION = "a" * 40


class SmallHub(ThreadingHTTPServer):
    """Serves the oracle's folders as a hub does; its switches are the ways in which a hub or a network misbehaves."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.repositories = {"some/dalle": ORACLE / "dalle-mini-scan", "some/vqgan": ORACLE / "vqgan-f4"}
        self.changes: dict[str, dict[str, Any]] = {}
        self.extra: list[dict[str, Any]] = []
        self.cut_after: int | None = None
        self.cuts = 0
        self.flip = ""
        self.more = b""
        self.ranges: list[str] = []
        self.raw_answer: bytes | None = None
        self.status = 200
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of some tests."""

    def describe(self, repository: str) -> bytes:
        if self.raw_answer is not None:
            return self.raw_answer
        siblings = list(self.extra)
        for file in sorted(self.repositories[repository].iterdir()):
            content = file.read_bytes()
            entry: dict[str, Any] = {"rfilename": file.name, "size": len(content)}
            if file.suffix == ".msgpack":
                entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            else:
                header = f"blob {len(content)}\0".encode()
                entry["blobId"] = hashlib.sha1(header + content).hexdigest()
            siblings.append(entry | self.changes.get(file.name, {}))
        return json.dumps({"sha": REVISION, "siblings": siblings, "cardData": {"license": "apache-2.0"}}).encode()


class Answer(BaseHTTPRequestHandler):
    """One answer of the small hub."""

    server: SmallHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/api/models/"):
            repository = "/".join(path.split("/")[3:5])
            known = repository in self.server.repositories
            self.reply(self.server.status if known else 404, self.server.describe(repository) if known else b"{}")
            return
        owner, name, _, revision, file = path.strip("/").split("/")
        assert revision == REVISION
        if file.endswith(".msgpack") and "moved" not in self.path:
            self.send_response(302)
            self.send_header("location", f"{path}?moved")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        content = (self.server.repositories[f"{owner}/{name}"] / file).read_bytes()
        if file == self.server.flip:
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.reply(self.server.status, content + self.server.more)

    def reply(self, status: int, content: bytes) -> None:
        start = 0
        if wanted := self.headers.get("range"):
            self.server.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            status = 206
        self.send_response(status)
        self.send_header("content-length", str(len(content) - start))
        self.end_headers()
        sent = content[start:]
        if self.server.cut_after is not None and self.server.cuts and len(sent) > self.server.cut_after:
            self.server.cuts -= 1
            sent = sent[: self.server.cut_after]
            self.close_connection = True
        self.wfile.write(sent)


@pytest.fixture
def small_hub() -> Iterator[SmallHub]:
    server = SmallHub()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hub(small_hub: SmallHub, tmp_path: Path) -> Hub:
    return Hub(tmp_path / "downloads", small_hub.url)


def test_a_published_model_is_fetched_verified_and_added(hub: Hub, tmp_path: Path) -> None:
    seen: dict[str, list[int]] = {}
    wanted = [hub.describe("some/dalle"), hub.describe("some/vqgan")]
    folders = [hub.fetch(one, lambda name, done, size: seen.setdefault(name, []).append(done)) for one in wanted]
    bundle = ModelRegistry(tmp_path / "models").add(
        folders[0], vqgan=folders[1], manifest=published_manifest("fetched", wanted)
    )
    assert bundle.manifest.parent == f"some/dalle {REVISION}"
    assert [source.licence for source in bundle.manifest.sources] == ["apache-2.0", "apache-2.0"]
    assert (bundle.folder / "flax_model.msgpack").read_bytes() == (
        ORACLE / "dalle-mini-scan" / "flax_model.msgpack"
    ).read_bytes()
    assert "golden.npz" not in seen
    assert all(counts == sorted(counts) for name, counts in seen.items() if name == "tokenizer.json")


def test_a_download_that_breaks_off_goes_on_where_it_was(small_hub: SmallHub, hub: Hub) -> None:
    small_hub.cut_after, small_hub.cuts = 10_000, 2
    repository = hub.describe("some/vqgan")
    folder = hub.fetch(repository)
    assert (folder / "flax_model.msgpack").read_bytes() == (ORACLE / "vqgan-f4" / "flax_model.msgpack").read_bytes()
    assert small_hub.ranges[0] == "bytes=10000-"


def test_what_was_loaded_is_kept_for_the_next_fetch(small_hub: SmallHub, hub: Hub, tmp_path: Path) -> None:
    small_hub.cut_after, small_hub.cuts = 10_000, 100
    repository = hub.describe("some/vqgan")
    with pytest.raises(GenerationError, match="What was loaded is kept"):
        hub.fetch(repository)
    assert [path.stat().st_size for path in tmp_path.rglob("*.part")] == [30_000]
    small_hub.cuts = 0
    hub.fetch(repository)
    assert small_hub.ranges[-1] == "bytes=30000-"
    assert list(tmp_path.rglob("*.part")) == []


def test_a_finished_download_asks_for_nothing_again(small_hub: SmallHub, hub: Hub) -> None:
    repository = hub.describe("some/vqgan")
    hub.fetch(repository)
    small_hub.status = 500
    hub.fetch(repository)


@pytest.mark.parametrize("file", ["flax_model.msgpack", "config.json"])
def test_a_file_that_is_not_the_described_one_is_refused(small_hub: SmallHub, hub: Hub, file: str) -> None:
    small_hub.flip = file
    with pytest.raises(ModelFileError, match=rf"{file}.*hash differs"):
        hub.fetch(hub.describe("some/vqgan"))


def test_a_file_that_never_ends_is_cut_off(small_hub: SmallHub, hub: Hub) -> None:
    small_hub.more = b"x" * 100_000
    with pytest.raises(ModelFileError, match="more than"):
        hub.fetch(hub.describe("some/vqgan"))


def test_without_a_network_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match=r"cannot be reached.*easel models add"):
        Hub(tmp_path, "http://127.0.0.1:9").describe("some/dalle")


def test_an_unknown_model_is_told_plainly(hub: Hub) -> None:
    with pytest.raises(GenerationError, match="no such model"):
        hub.describe("some/other")


@pytest.mark.parametrize("name", ["mini2", "../etc/passwd", "a/b/c", "https://x/y", "a/../b"])
def test_a_name_that_is_no_repository_is_refused(hub: Hub, name: str) -> None:
    with pytest.raises(GenerationError, match="OWNER/NAME"):
        hub.describe(name)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html>", "does not answer as a hub"),
        (b"[1]", "no JSON object"),
        (b"[" * 100_000, "does not answer as a hub"),
        (b'{"x": "' + b"x" * (5 << 20) + b'"}', "more than"),
        (b'{"sha": "../../etc", "siblings": []}', "no revision"),
        (json.dumps({"sha": REVISION, "siblings": [7, {"rfilename": 3}]}).encode(), "no model that Easel reads"),
        (json.dumps({"sha": REVISION, "siblings": [{"rfilename": "pytorch_model.bin"}]}).encode(), "no model that"),
    ],
)
def test_an_answer_of_another_kind_is_refused(small_hub: SmallHub, hub: Hub, answer: bytes, message: str) -> None:
    small_hub.raw_answer = answer
    with pytest.raises(GenerationError, match=message):
        hub.describe("some/dalle")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 10**12}, "no such file has more"),
        ({"size": -1}, "no such file has more"),
        ({"size": "many"}, "no size and hash"),
        ({"lfs": {"sha256": "short"}}, "no size and hash"),
    ],
)
def test_sizes_and_hashes_that_cannot_be_are_refused(
    small_hub: SmallHub, hub: Hub, change: dict[str, Any], message: str
) -> None:
    small_hub.changes["flax_model.msgpack"] = change
    with pytest.raises(GenerationError, match=message):
        hub.describe("some/vqgan")


def test_files_that_no_bundle_holds_are_left_on_the_hub(small_hub: SmallHub, hub: Hub) -> None:
    small_hub.extra = [
        {"rfilename": name, "size": 1, "blobId": "b" * 40} for name in ("../up.json", "run.py", ".bashrc")
    ]
    names = {file.name for file in hub.describe("some/vqgan").files}
    assert names == {"config.json", "flax_model.msgpack"}


def test_a_disk_without_room_is_told_before_anything_is_loaded(small_hub: SmallHub, hub: Hub, tmp_path: Path) -> None:
    small_hub.changes["flax_model.msgpack"] = {"size": 60 << 30}
    repository = hub.describe("some/vqgan")
    import shutil

    if shutil.disk_usage(tmp_path).free > 120 << 30:
        pytest.skip("this disk has room for 120 GB")
    with pytest.raises(GenerationError, match="make room"):
        hub.fetch(repository)
    assert list(tmp_path.rglob("*.part")) == []
