"""One HTTP request and its whole answer, or an error that says whether the network may have acted (httpx2)."""

from __future__ import annotations

import functools
import json
import ssl
import time
from collections.abc import Generator, Iterator, Mapping

import httpx2

from publishers.answers import LONGEST_ANSWER, NAMES, Answer, Timeouts, not_sent, uncertain
from publishers.errors import PublishError, Reason
from publishers.secret import Secret


def exchange(
    network: str,
    method: str,
    address: str,
    doing: str,
    *,
    headers: Mapping[str, str],
    content: bytes | Secret | None = None,
    repeatable: bool = True,
    authorization: Secret | None = None,
    timeouts: Timeouts,
) -> Answer:
    """Send once and read the answer; tell apart what surely was not sent from what may have been.

    `authorization` is the value of that header, added as the request leaves. The error is raised outside of the
    except blocks and so holds none of httpx2's exceptions: those carry the request with its token.
    """
    name = NAMES.get(network, network)
    trouble: PublishError
    try:
        return _sent(method, address, dict(headers), content, authorization, timeouts)
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as error:
        trouble = not_sent(network, type(error).__name__)
    except (httpx2.UnsupportedProtocol, httpx2.InvalidURL):
        trouble = PublishError(f"{name}'s address in the settings is no web address: correct it.", network=network)
    except httpx2.TimeoutException:
        trouble = uncertain(network, f"{name} did not answer in time while {doing}", Reason.TIMEOUT, repeatable)
    except httpx2.DecodingError:
        what = f"{name}'s answer could not be read while {doing}"
        trouble = uncertain(network, what, Reason.UNREADABLE, repeatable)
    except httpx2.TransportError:
        trouble = uncertain(network, f"The connection to {name} broke while {doing}", Reason.CONNECTION, repeatable)
    raise trouble


def _sent(
    method: str,
    address: str,
    headers: dict[str, str],
    content: bytes | Secret | None,
    authorization: Secret | None,
    timeouts: Timeouts,
) -> Answer:
    # A connection kept open may be closed just as a post goes out over it: each request has its own.
    timeout = httpx2.Timeout(timeouts.read, connect=timeouts.connect)
    deadline = time.monotonic() + timeouts.whole
    with (
        httpx2.Client(verify=_tls(), timeout=timeout, follow_redirects=False) as client,
        client.stream(
            method,
            address,
            headers=headers | {"User-Agent": "easel-bot"},
            content=content.reveal().encode() if isinstance(content, Secret) else content,
            auth=_Authorized(authorization) if authorization else None,
        ) as response,
    ):
        body = b"".join(_pieces(response, deadline))
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, _json(body))


@functools.cache
def _tls() -> ssl.SSLContext:
    """Reading the certificate authorities takes a tenth of a second: once is enough."""
    return httpx2.create_ssl_context()


class _Authorized(httpx2.Auth):
    """Adds the token as the request leaves, so that no variable holds it in plain text."""

    def __init__(self, authorization: Secret) -> None:
        self._authorization = authorization

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["Authorization"] = self._authorization.reveal()
        yield request


def _pieces(response: httpx2.Response, deadline: float) -> Iterator[bytes]:
    size = 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > LONGEST_ANSWER:
            raise httpx2.DecodingError("The answer is too long.")
        if time.monotonic() > deadline:
            raise httpx2.ReadTimeout("The answer took too long.")
        yield piece


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
