"""When a call to Slack is tried again at once, and when not: what posts something is not, unless it never arrived."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientConnectorError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest

RATE_RETRIES = 5
"""Times that Slack's "wait so long" is heeded before a call fails; what called is tried again later then."""

POSTING = ("chat.postMessage", "files.completeUploadExternal")
"""Methods that would show something a second time: after a lost answer, Slack is looked at first (found.py)."""


def retry_handlers() -> list[AsyncRetryHandler]:
    """What the clients of Slack's Web API try again."""
    return [
        LostConnections(max_retry_count=1),
        ServerErrors(max_retry_count=2),
        AsyncRateLimitErrorRetryHandler(RATE_RETRIES),
    ]


class LostConnections(AsyncConnectionErrorRetryHandler):
    """Connections that were not made, and, for calls that may be repeated, those that broke."""

    async def _can_retry_async(self, *, request: HttpRequest, error: Exception | None = None, **others: Any) -> bool:
        never_arrived = isinstance(error, ClientConnectorError)
        can_repeat = never_arrived or not posts(request)
        return can_repeat and await super()._can_retry_async(request=request, error=error, **others)


class ServerErrors(AsyncServerErrorRetryHandler):
    """Errors of Slack's own, for calls that may be repeated."""

    async def _can_retry_async(self, *, request: HttpRequest, **others: Any) -> bool:
        return not posts(request) and await super()._can_retry_async(request=request, **others)


def posts(request: HttpRequest) -> bool:
    """Whether a call posts something."""
    return request.url.rpartition("/")[2] in POSTING
