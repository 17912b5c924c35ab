"""An HTTP transport for servers that are not trusted: answers have a largest size and a latest time, unpacked."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2


class BoundedTransport(httpx2.BaseTransport):
    """Ends an answer with `httpx2.ReadError` when it grows over `largest_answer` bytes or lasts over `seconds`.

    A read time-out alone does not end a server that sends a byte now and then. Packed answers are refused, because
    their size on the wire says nothing of their size in memory.
    """

    def __init__(self, largest_answer: int, seconds: float) -> None:
        self._largest_answer = largest_answer
        self._seconds = seconds
        self._inner = httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request and bound what comes back."""
        request.headers["accept-encoding"] = "identity"
        latest = time.monotonic() + self._seconds
        answer = self._inner.handle_request(request)
        assert isinstance(answer.stream, httpx2.SyncByteStream)
        if answer.headers.get("content-encoding", "identity") != "identity":
            answer.stream.close()
            raise httpx2.ReadError("the server packs its answer, though it was asked not to", request=request)
        answer.stream = _BoundedStream(answer.stream, request, self._largest_answer, latest)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class _BoundedStream(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream, request: httpx2.Request, largest: int, latest: float) -> None:
        self._inner, self._request, self._largest, self._latest = inner, request, largest, latest

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for piece in self._inner:
            received += len(piece)
            if received > self._largest:
                raise httpx2.ReadError(f"the answer is larger than {self._largest:,} bytes", request=self._request)
            if time.monotonic() > self._latest:
                raise httpx2.ReadTimeout("the answer takes too long", request=self._request)
            yield piece

    def close(self) -> None:
        self._inner.close()
