"""Fetches a page of the public web within limits of size, time and redirects, where robots.txt allows it (RFC 9309).

The connection goes to the very address that was checked, so that a name which answers differently the second time (DNS
rebinding) gains nothing. Redirects are checked like first requests.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlunsplit
from urllib.robotparser import RobotFileParser

from bot.articles.addresses import PORTS, checked_url, is_public, resolve
from bot.articles.decoding import decoded
from bot.errors import EaselError, Misuse

AGENT = "EaselBot"
"""The name that robots.txt files may address."""
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "text/markdown", ""})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE = 65_536
_LARGEST_ROBOTS = 512_000
"""RFC 9309 asks crawlers to read at least 500 KiB of a robots.txt."""
_Answer = tuple[int, dict[str, str], bytes]
_FORBID_ALL = ("User-agent: *", "Disallow: /")


class ArticleUnavailable(EaselError):
    """An article that cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class Limits:
    """How much an article may take: bytes, seconds for everything together, redirects."""

    bytes: int = 3_000_000
    seconds: float = 15.0
    redirects: int = 5


@dataclass(frozen=True)
class Page:
    """The source of an article and where it was found in the end: a web address, or a file's path."""

    url: str
    text: str
    is_html: bool

    @property
    def is_public(self) -> bool:
        """Whether others can find it there too."""
        return self.url.startswith(("http://", "https://"))


@dataclass
class Fetcher:
    """Fetches pages within its limits. `resolve` and `is_allowed` are there for tests on a machine's own addresses."""

    limits: Limits = field(default_factory=Limits)
    resolve: Callable[[str, int], Sequence[str]] = resolve
    is_allowed: Callable[[str], bool] = is_public
    certificates: ssl.SSLContext | None = None

    def fetch(self, url: str) -> Page:
        """The page at a web address.

        Raises:
            Misuse: the address is none of the public web.
            ArticleUnavailable: the page cannot be had, is no text, is too large or too slow, or robots.txt forbids it.
        """
        latest = time.monotonic() + self.limits.seconds
        place = checked_url(url)
        known: dict[str, RobotFileParser] = {}
        for _ in range(self.limits.redirects + 1):
            self._ask_robots(place, known, latest)
            status, headers, body = self._get(place, latest, self.limits.bytes)
            if status not in _REDIRECTS:
                return self._page(place, status, headers, body)
            place = checked_url(urljoin(urlunsplit(place), headers.get("location", "")))
        raise ArticleUnavailable(f"{url} redirects more than {self.limits.redirects} times. Give the final address.")

    def _page(self, place: SplitResult, status: int, headers: dict[str, str], body: bytes) -> Page:
        url = urlunsplit(place)
        if status != http.client.OK:
            raise ArticleUnavailable(f"{url} answers with status {status}. Check the address, or paste the text.")
        kind, _, parameters = headers.get("content-type", "").partition(";")
        kind = kind.strip().lower()
        if kind not in _PAGE_TYPES:
            raise ArticleUnavailable(f"{url} is {kind}, not a page of text. Copy its text and give that.")
        is_html = kind in {"text/html", "application/xhtml+xml"}
        return Page(url, decoded(body, parameters, is_html=is_html), is_html or (not kind and b"<html" in body[:1000]))

    def _ask_robots(self, place: SplitResult, known: dict[str, RobotFileParser], latest: float) -> None:
        """Raise where the site's robots.txt forbids the page."""
        site = f"{place.scheme}://{place.netloc}"
        if site not in known:
            known[site] = self._robots(place, latest)
        if not known[site].can_fetch(AGENT, urlunsplit(place)):
            raise ArticleUnavailable(f"{place.netloc} asks robots not to read this page (robots.txt). Paste the text.")

    def _robots(self, place: SplitResult, latest: float) -> RobotFileParser:
        """A site's rules; a site that has none allows all, one that cannot tell them allows nothing."""
        robots = place._replace(path="/robots.txt", query="", fragment="")
        for _ in range(self.limits.redirects + 1):
            status, headers, body = self._get(robots, latest, _LARGEST_ROBOTS, cut=True)
            if status not in _REDIRECTS:
                break
            robots = checked_url(urljoin(urlunsplit(robots), headers.get("location", "")))
        rules = RobotFileParser()
        if status == http.client.OK:
            rules.parse(body.decode("utf-8", "replace").splitlines())
        else:
            rules.parse(_FORBID_ALL if status >= http.client.INTERNAL_SERVER_ERROR else ())
        return rules

    def _get(self, place: SplitResult, latest: float, largest: int, *, cut: bool = False) -> _Answer:
        host, port = place.hostname or "", place.port or PORTS[place.scheme]
        left = latest - time.monotonic()
        if left <= 0:
            raise self._too_slow(place)
        connection = self._connection(place, host, self._address(host, port), port, left)
        # A time-out of the socket does not end a server that sends a byte now and then; hanging up does.
        alarm = threading.Timer(max(0.0, latest - time.monotonic()), _hang_up, (connection.sock,))
        alarm.start()
        try:
            target = urlunsplit(("", "", place.path or "/", place.query, ""))
            connection.request("GET", target, headers=_headers(place))
            with contextlib.closing(connection.getresponse()) as answer:
                headers = {name.lower(): value for name, value in answer.getheaders()}
                body = b"" if answer.status in _REDIRECTS else _read_body(answer, largest, cut=cut)
        except _TooLarge:
            raise ArticleUnavailable(f"{host} sends more than {largest:,} bytes. Paste the part you need.") from None
        except (OSError, http.client.HTTPException, zlib.error, UnicodeError) as error:
            if time.monotonic() >= latest or isinstance(error, TimeoutError):
                raise self._too_slow(place) from None
            reason = str(error) or type(error).__name__
            raise ArticleUnavailable(f"{host} cannot be read: {reason[:120]}. Try later, or paste the text.") from None
        finally:
            alarm.cancel()
            connection.close()
        if time.monotonic() >= latest:
            raise self._too_slow(place)
        return answer.status, headers, body

    def _address(self, host: str, port: int) -> str:
        """The first address of a name, all of whose addresses must be allowed."""
        try:
            addresses = list(self.resolve(host, port))
        except (OSError, UnicodeError):
            raise ArticleUnavailable(f"{host} is no known name. Check the address.") from None
        if not addresses or not all(self.is_allowed(address) for address in addresses):
            raise Misuse(f"{host} is no place on the public web; Easel fetches nothing from inside a network.")
        return addresses[0]

    def _connection(
        self, place: SplitResult, host: str, address: str, port: int, seconds: float
    ) -> http.client.HTTPConnection:
        """A connection to the checked address, which believes to speak to the name."""
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        try:
            stream = socket.create_connection((address, port), timeout=seconds)
            if place.scheme == "https":
                context = self.certificates or ssl.create_default_context()
                stream = context.wrap_socket(stream, server_hostname=host)
        except TimeoutError:
            raise self._too_slow(place) from None
        except OSError as error:
            raise ArticleUnavailable(f"{host} cannot be reached: {str(error)[:120]}. Check the address.") from None
        connection.sock = stream
        return connection

    def _too_slow(self, place: SplitResult) -> ArticleUnavailable:
        return ArticleUnavailable(f"{place.hostname} took longer than {self.limits.seconds:g} s. Paste the text.")


class _TooLarge(Exception):
    """A body grew over its limit."""


def _read_body(answer: http.client.HTTPResponse, largest: int, *, cut: bool) -> bytes:
    """The body, unpacked; with `cut`, only its beginning where it is too large."""
    packed = (answer.getheader("content-encoding") or "identity").lower()
    if packed not in {"identity", "gzip", "x-gzip"}:
        raise http.client.HTTPException(f"it packs its pages as {packed[:20]}")
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if packed != "identity" else None
    body = bytearray()
    while piece := answer.read1(_PIECE):
        body += unpack.decompress(piece, largest + 1 - len(body)) if unpack else piece
        if len(body) > largest:
            if cut:
                return bytes(body[:largest])
            raise _TooLarge
    return bytes(body)


def _hang_up(stream: socket.socket) -> None:
    with contextlib.suppress(OSError):
        stream.shutdown(socket.SHUT_RDWR)


def _headers(place: SplitResult) -> dict[str, str]:
    return {"Host": place.netloc, "User-Agent": f"{AGENT}/1", "Accept-Encoding": "identity", "Connection": "close"}
