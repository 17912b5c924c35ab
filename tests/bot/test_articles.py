"""Articles are fetched from the public web only, within limits, and where robots.txt allows it."""

from __future__ import annotations

import gzip
import http.server
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from bot.articles import ArticleUnavailable, Fetcher, Limits, open_article, read_file
from bot.articles.addresses import checked_url, is_public
from bot.articles.decoding import decoded
from bot.errors import EaselError, Misuse

PAGE = b"<html><body><p>A story of bees.</p></body></html>"


class Site(http.server.ThreadingHTTPServer):
    """A web site whose pages are functions of the handler."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Callable[[Handler], None]] = {}
        self.seen: list[tuple[str, str, str]] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path: str, host: str = "site.test") -> str:
        return f"http://{host}:{self.server_address[1]}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of some tests."""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers["host"], self.headers["user-agent"]))
        page = self.server.pages.get(self.path)
        page(self) if page else self.answer(404, b"")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content_type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def fetcher() -> Fetcher:
    """A fetcher for which this machine is the public web."""
    return Fetcher(Limits(seconds=5), resolve=lambda host, port: ["127.0.0.1"], is_allowed=lambda address: True)


def test_a_page_is_fetched_by_its_own_name(site, fetcher):
    site.pages["/story"] = lambda handler: handler.answer(200, PAGE)
    page = fetcher.fetch(site.url("/story#part"))
    assert "story of bees" in page.text
    assert page.is_html
    assert [path for path, _, _ in site.seen] == ["/robots.txt", "/story"]
    assert {host.partition(":")[0] for _, host, _ in site.seen} == {"site.test"}
    assert all(agent.startswith("EaselBot") for _, _, agent in site.seen)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/a",
        "gopher://example.org",
        "javascript:alert(1)",
        "http://",
        "http://user:password@example.org/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://[::1",
        "data:text/html,hello",
    ],
)
def test_only_web_addresses_are_taken(url):
    with pytest.raises(Misuse):
        open_article(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://2130706433/",
        "http://0x7f.1/",
    ],
)
def test_nothing_inside_a_network_is_asked_for(url):
    with pytest.raises(EaselError, match=r"public web|no known name"):
        Fetcher(Limits(seconds=5)).fetch(url)


def test_public_addresses_are_told_from_the_others():
    assert is_public("93.184.215.14")
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    for address in ("224.0.0.1", "100.64.0.1", "fe80::1%eth0", "fd00::1", "2002:7f00:1::", "198.18.0.1"):
        assert not is_public(address), address


def test_a_name_with_one_private_address_is_refused(site):
    mixed = Fetcher(resolve=lambda host, port: ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(Misuse, match="public web"):
        mixed.fetch("http://mixed.test/")


def test_a_name_that_turns_private_gains_nothing(site):
    """The first answer is public, the second private: each connection checks its own answer and goes there."""
    answers = iter(["127.0.0.1", "10.0.0.1"])
    rebinding = Fetcher(resolve=lambda host, port: [next(answers)], is_allowed=lambda address: address != "10.0.0.1")
    site.pages["/story"] = lambda handler: handler.answer(200, PAGE)
    with pytest.raises(Misuse, match="public web"):
        rebinding.fetch(site.url("/story"))
    assert [path for path, _, _ in site.seen] == ["/robots.txt"]


def test_redirects_are_followed_and_checked_like_first_requests(site, fetcher):
    site.pages["/old"] = lambda handler: handler.answer(301, b"", location="/new")
    site.pages["/new"] = lambda handler: handler.answer(200, PAGE)
    assert fetcher.fetch(site.url("/old")).url == site.url("/new")
    site.pages["/inside"] = lambda handler: handler.answer(302, b"", location="http://inside.test/secret")
    guarded = Fetcher(
        resolve=lambda host, port: ["10.0.0.1" if host == "inside.test" else "127.0.0.1"],
        is_allowed=lambda address: address == "127.0.0.1",
    )
    with pytest.raises(Misuse, match=r"inside\.test"):
        guarded.fetch(site.url("/inside"))
    site.pages["/file"] = lambda handler: handler.answer(302, b"", location="file:///etc/passwd")
    with pytest.raises(Misuse, match="http or https"):
        fetcher.fetch(site.url("/file"))


def test_endless_redirects_end(site, fetcher):
    site.pages["/loop"] = lambda handler: handler.answer(302, b"", location="/loop")
    with pytest.raises(ArticleUnavailable, match="more than 5 times"):
        fetcher.fetch(site.url("/loop"))


@pytest.mark.parametrize(
    ("robots", "status", "allowed"),
    [
        (b"User-agent: *\nDisallow: /private/", 200, True),
        (b"User-agent: *\nDisallow: /", 200, False),
        (b"User-agent: EaselBot\nDisallow: /story\n\nUser-agent: *\nAllow: /", 200, False),
        (b"User-agent: other\nDisallow: /", 200, True),
        (b"\xff\xfe nonsense", 200, True),
        (b"", 403, True),
        (b"", 503, False),
    ],
)
def test_robots_txt_is_respected(site, fetcher, robots, status, allowed):
    site.pages["/robots.txt"] = lambda handler: handler.answer(status, robots, content_type="text/plain")
    site.pages["/story"] = lambda handler: handler.answer(200, PAGE)
    if allowed:
        assert "bees" in fetcher.fetch(site.url("/story")).text
    else:
        with pytest.raises(ArticleUnavailable, match="robots"):
            fetcher.fetch(site.url("/story"))
        assert "/story" not in [path for path, _, _ in site.seen]


def test_a_page_that_is_too_large_is_left(site):
    site.pages["/big"] = lambda handler: handler.answer(200, b"x" * 300_000)
    site.pages["/bomb"] = lambda handler: handler.answer(200, gzip.compress(b"x" * 50_000_000), content_encoding="gzip")
    small = Fetcher(Limits(bytes=100_000), lambda host, port: ["127.0.0.1"], lambda address: True)
    for path in ("/big", "/bomb"):
        with pytest.raises(ArticleUnavailable, match="more than 100,000 bytes"):
            small.fetch(site.url(path))


def test_a_packed_page_is_unpacked(site, fetcher):
    site.pages["/packed"] = lambda handler: handler.answer(200, gzip.compress(PAGE), content_encoding="gzip")
    assert "bees" in fetcher.fetch(site.url("/packed")).text


@pytest.mark.parametrize("drips", ["headers", "body"])
def test_a_server_that_drips_is_left_in_time(site, drips):
    def drip(handler: Handler) -> None:
        if drips == "body":
            handler.send_response(200)
            handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    site.pages["/drip"] = drip
    hasty = Fetcher(Limits(seconds=0.5), lambda host, port: ["127.0.0.1"], lambda address: True)
    with pytest.raises(ArticleUnavailable, match=r"longer than 0\.5 s"):
        hasty.fetch(site.url("/drip"))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status": 404, "body": b""}, "status 404"),
        ({"status": 200, "body": b"%PDF", "content_type": "application/pdf"}, "application/pdf"),
        ({"status": 200, "body": b"\x89PNG", "content_type": "image/png"}, "image/png"),
        ({"status": 200, "body": b"x", "content_encoding": "br"}, "br"),
        ({"status": 200, "body": b"no gzip", "content_encoding": "gzip"}, "cannot be read"),
    ],
)
def test_what_is_no_page_of_text_is_refused_in_one_line(site, fetcher, answer, says):
    site.pages["/page"] = lambda handler: handler.answer(**answer)
    with pytest.raises(ArticleUnavailable, match=says) as refusal:
        fetcher.fetch(site.url("/page"))
    assert "\n" not in str(refusal.value)


def test_a_site_that_is_not_there_is_said_so(fetcher):
    with pytest.raises(ArticleUnavailable, match="cannot be reached"):
        fetcher.fetch("http://site.test:9/")

    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(ArticleUnavailable, match="no known name"):
        Fetcher(resolve=unknown).fetch("http://nowhere.test/")


def test_letters_beyond_ascii_are_quoted():
    assert checked_url("https://example.org/köln?q=ü").path == "/k%C3%B6ln"


@pytest.mark.parametrize(
    ("body", "parameters", "text"),
    [
        ("naïve".encode(), "", "naïve"),
        ("naïve".encode("latin-1"), " charset=iso-8859-1", "naïve"),
        ("naïve".encode("cp1252"), "", "naïve"),
        (b"\xef\xbb\xbfna\xc3\xafve", "charset=latin-1", "naïve"),
        ("naïve".encode("utf-16"), "", "naïve"),
        (b'<meta charset="iso-8859-1">na\xefve', "", '<meta charset="iso-8859-1">naïve'),
        ("naïve".encode(), "charset=no-such-thing", "naïve"),
        (b"+ADw-script+AD4-", "charset=utf-7", "+ADw-script+AD4-"),
    ],
)
def test_bytes_are_read_in_their_own_encoding(body, parameters, text):
    assert decoded(body, parameters) == text


def test_an_article_can_be_a_file(tmp_path):
    path = tmp_path / "story.html"
    path.write_bytes(PAGE)
    assert open_article(str(path)).is_html
    with pytest.raises(Misuse, match="cannot be read"):
        open_article(str(tmp_path / "missing.txt"))
    with pytest.raises(Misuse, match="larger"):
        read_file(path, Limits(bytes=10))


def test_an_article_of_five_megabytes_is_left_and_says_what_to_do(tmp_path):
    path = tmp_path / "long.txt"
    path.write_bytes(b"word " * 1_000_001)
    with pytest.raises(Misuse, match=r"larger than 3,000,000 bytes. Give the part that matters"):
        open_article(str(path))
