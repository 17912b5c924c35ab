"""Pictures from a server over real HTTP, which may refuse, be late, or send anything."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from generation.errors import DrawingError
from generation.generators import DrawRequest, OpenAIImages


class ImagesServer(ThreadingHTTPServer):
    """Speaks the images endpoint; `answer` decides what a request gets."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.answer: Callable[[dict[str, Any]], tuple[int, bytes]] = painted
        self.headers: dict[str, str] = {}
        self.drip = 0.0
        self.silent = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of some tests."""


class Handler(BaseHTTPRequestHandler):
    """One call of the endpoint."""

    server: ImagesServer

    def log_message(self, *arguments: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.path == "/v1/images/generations"
        self.server.asked.append(body)
        self.server.keys.append(self.headers["authorization"])
        status, content = self.server.answer(body)
        self.send_response(status)
        for name, value in {"content-type": "application/json", **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if not self.server.drip:
            self.wfile.write(content)
            return
        for byte in content:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.silent.wait(self.server.drip):
                return


def png(colour: str = "orange", size: tuple[int, int] = (64, 48), mode: str = "RGB") -> str:
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def sent(*pictures: Any) -> bytes:
    return json.dumps({"created": 1, "data": [{"b64_json": picture} for picture in pictures]}).encode()


def painted(body: dict[str, Any]) -> tuple[int, bytes]:
    colours = ["red", "green", "blue", "white"]
    return 200, sent(*(png(colours[index]) for index in range(body["n"])))


def refused(status: int, code: str, message: str) -> Callable[[dict[str, Any]], tuple[int, bytes]]:
    error = {"error": {"message": message, "type": "x", "param": None, "code": code}}
    return lambda body: (status, json.dumps(error).encode())


@pytest.fixture
def server() -> Iterator[ImagesServer]:
    images = ImagesServer()
    yield images
    images.silent.set()
    images.shutdown()
    images.server_close()


@pytest.fixture
def painter(server: ImagesServer) -> OpenAIImages:
    return OpenAIImages("flux", api_key="sk-secret", base_url=server.url, seconds=20)


def test_pictures_come_back_as_candidates_in_the_order_of_the_requests(
    server: ImagesServer, painter: OpenAIImages
) -> None:
    one, two, three = painter.draw(
        [DrawRequest("a cat", 1), DrawRequest("a dog", 2), DrawRequest("a cat", 3, negative_prompt="")]
    )
    assert [one.image.getpixel((0, 0)), three.image.getpixel((0, 0))] == [(255, 0, 0), (0, 128, 0)]
    assert (one.seed, two.seed, three.seed) == (1, 2, 3)
    assert (one.model, one.revision, one.image.mode) == ("flux", "127.0.0.1", "RGB")
    assert [(body["prompt"], body["n"]) for body in server.asked] == [("a cat", 2), ("a dog", 1)]
    assert list(painter.stream([DrawRequest("a cat", 1)]))[-1][0].image.size == (64, 48)  # type: ignore[index]


def test_words_to_avoid_reach_the_model(server: ImagesServer, painter: OpenAIImages) -> None:
    painter.draw([DrawRequest("a cat", 1, negative_prompt="text, hands")])
    assert server.asked[0]["prompt"] == "a cat\nWithout: text, hands"


@pytest.mark.parametrize(
    ("model", "asks"), [("gpt-image-1-mini", False), ("chatgpt-image-latest", False), ("sd", True)]
)
def test_base64_is_asked_for_only_where_it_is_not_the_only_answer(server: ImagesServer, model: str, asks: bool) -> None:
    OpenAIImages(model, base_url=server.url).draw([DrawRequest("a cat", 1)])
    assert ("response_format" in server.asked[0]) is asks


def test_transparent_parts_become_white(server: ImagesServer, painter: OpenAIImages) -> None:
    server.answer = lambda body: (200, sent(png("#00000000", mode="RGBA")))
    (candidate,) = painter.draw([DrawRequest("a cat", 1)])
    assert candidate.image.getpixel((5, 5)) == (255, 255, 255)


def test_openai_itself_is_not_called_without_a_key() -> None:
    with pytest.raises(DrawingError, match="OPENAI_API_KEY"):
        OpenAIImages().draw([DrawRequest("a cat", 1)])


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (400, "moderation_blocked", "refuses to draw this: no cats"),
        (401, "invalid_api_key", "does not accept the key"),
        (403, "x", "does not accept the key"),
        (429, "rate_limit_exceeded", "takes no more pictures now: no cats"),
        (404, "model_not_found", "did not draw: .*no cats"),
        (500, "x", "did not draw: .*no cats"),
    ],
)
def test_a_refusal_is_told_in_one_line_and_asked_once(
    server: ImagesServer, painter: OpenAIImages, status: int, code: str, message: str
) -> None:
    server.answer = refused(status, code, "no cats")
    with pytest.raises(DrawingError, match=message) as raised:
        painter.draw([DrawRequest("a cat", 1)])
    assert len(server.asked) == 1
    assert "sk-secret" not in str(raised.value)
    assert server.keys == ["Bearer sk-secret"]
    assert "sk-secret" not in repr(painter)


def test_what_a_server_says_cannot_write_over_the_terminal(server: ImagesServer, painter: OpenAIImages) -> None:
    server.answer = refused(400, "x", "\x1b[2Jpwned\r\n" + "x" * 10_000)
    with pytest.raises(DrawingError) as raised:
        painter.draw([DrawRequest("a cat", 1)])
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 400


def bomb() -> str:
    """A PNG of 30,000 x 30,000 pixels in a few hundred bytes: its header and the start of its data."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + header + data).decode()


def in_format(kind: str) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32)).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (sent(bomb()), "no whole PNG"),
        (sent(png(size=(5000, 8))), "5000x8"),
        (sent(png()[: len(png()) // 8 * 4]), "no whole PNG"),
        (sent("not base64!"), "no base64"),
        (sent(base64.b64encode(b"<svg/>").decode()), "no whole PNG"),
        (sent(in_format("TIFF")), "no whole PNG"),
        (sent(in_format("BMP")), "no whole PNG"),
        (sent(png(size=(1, 1))), "1x1"),
        (sent(None), "address or nothing"),
        (sent(7), "address or nothing"),
        (json.dumps({"created": 1, "data": [{"url": "http://169.254.169.254/"}]}).encode(), "address or nothing"),
        (sent(), "0 pictures of 1"),
        (b'{"created": 1}', "0 pictures of 1"),
        (b'{"data": "many"}', "0 pictures of 1"),
        (b"<html>", "127.0.0.1"),
        (b"[" * 100_000, "127.0.0.1"),
        (b"", "127.0.0.1"),
    ],
)
def test_an_answer_that_holds_no_picture_is_refused(
    server: ImagesServer, painter: OpenAIImages, answer: bytes, message: str
) -> None:
    server.answer = lambda body: (200, answer)
    with pytest.raises(DrawingError, match=message):
        painter.draw([DrawRequest("a cat", 1)])


def test_more_pictures_than_asked_for_are_dropped(server: ImagesServer, painter: OpenAIImages) -> None:
    server.answer = lambda body: (200, sent(png("red"), png("blue")))
    assert len(painter.draw([DrawRequest("a cat", 1)])) == 1


def test_an_answer_without_end_is_cut_off(
    server: ImagesServer, painter: OpenAIImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.generators.openai_images._LARGEST_ANSWER", 100_000)
    server.answer = lambda body: (200, b" " * 1_000_000)
    with pytest.raises(DrawingError, match="larger than 100,000 bytes"):
        painter.draw([DrawRequest("a cat", 1)])


def test_a_packed_answer_is_refused(server: ImagesServer, painter: OpenAIImages) -> None:
    server.headers["content-encoding"] = "gzip"
    server.answer = lambda body: (200, gzip.compress(b" " * 10_000_000))
    with pytest.raises(DrawingError, match="packs its answer"):
        painter.draw([DrawRequest("a cat", 1)])


def test_a_server_that_sends_a_byte_now_and_then_is_given_up(server: ImagesServer) -> None:
    server.drip = 0.02
    painter = OpenAIImages("flux", base_url=server.url, seconds=0.3)
    before = time.monotonic()
    with pytest.raises(DrawingError, match=r"in 0\.3 s|takes too long"):
        painter.draw([DrawRequest("a cat", 1)])
    assert time.monotonic() - before < 60  # the answer would take minutes


def test_a_server_that_is_not_there_is_named(server: ImagesServer) -> None:
    with pytest.raises(DrawingError, match=r"127\.0\.0\.1 cannot be reached"):
        OpenAIImages("flux", base_url="http://127.0.0.1:9/v1").draw([DrawRequest("a cat", 1)])


@pytest.mark.parametrize("count", [0, 11])
def test_too_many_or_no_pictures_are_refused(painter: OpenAIImages, count: int) -> None:
    with pytest.raises(DrawingError, match="1 to 10"):
        painter.draw([DrawRequest("a cat", 1)] * count)
