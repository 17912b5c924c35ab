"""Delivery over HTTP: payloads posted to the app's request URL, each signed.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import urlencode

import httpx2

from playground.slack.credentials import Credentials

Json = dict[str, Any]


class RequestFailed(Exception):
    """The app was not reached, or did not answer 200; the name is Slack's reason for a retry."""


class SignedHttp:
    """The app's one address for events, commands and interactions."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._client = httpx2.AsyncClient(trust_env=False)

    async def verify(self, url: str) -> bool:
        """Whether the app at an address answers Slack's challenge."""
        challenge = secrets.token_urlsafe(24)
        token = self._credentials.verification_token
        body = json.dumps({"type": "url_verification", "token": token, "challenge": challenge}).encode()
        try:
            answer = await self._post(url, body, "application/json", 3.0, {})
        except (TimeoutError, RequestFailed):
            return False
        return challenge in answer.text

    async def deliver(
        self, url: str, kind: str, payload: Json, seconds: float, retry: tuple[int, str] | None = None
    ) -> Json:
        """Post a payload; what the app answered.

        Raises:
            TimeoutError: if it took too long.
            RequestFailed: if it could not be reached or refused.
        """
        headers = {}
        if kind == "events_api":
            body, content_type = json.dumps(payload).encode(), "application/json"
            if retry:
                headers = {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
        else:
            form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, content_type = urlencode(form).encode(), "application/x-www-form-urlencoded"
        answer = await self._post(url, body, content_type, seconds, headers)
        try:
            read = answer.json() if answer.content else {}
        except ValueError:
            read = {"text": answer.text}
        return read if isinstance(read, dict) else {"text": str(read)}

    async def _post(
        self, url: str, body: bytes, content_type: str, seconds: float, headers: dict[str, str]
    ) -> httpx2.Response:
        signed = {"Content-Type": content_type, **self._credentials.signature(body), **headers}
        try:
            answer = await self._client.post(url, content=body, headers=signed, timeout=seconds)
        except httpx2.TimeoutException:
            raise TimeoutError from None
        except httpx2.HTTPError:
            raise RequestFailed("connection_failed") from None
        if answer.status_code != 200:
            raise RequestFailed("http_error")
        return answer
