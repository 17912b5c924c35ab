"""The Web API over HTTP: a call is read, counted, allowed, carried out, written down and answered."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from playground.slack.delivery import NETWORK
from playground.slack.errors import SlackError
from playground.slack.methods import METHODS, Arguments, Method

if TYPE_CHECKING:
    from playground.slack.slack import Slack

Json = dict[str, Any]


class WebApi:
    """`/api/METHOD`."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def call(self, request: Request) -> Response:
        """Answer a call."""
        name = request.path_params["method"]
        status, headers = 200, {"X-OAuth-Scopes": ",".join(sorted(self._slack.manifest.scopes))}
        given: Json = {}
        try:
            given = await read(request)
            method = METHODS.get(name)
            if method is None:
                raise SlackError("unknown_method", req_method=name)
            self._allow(name, method, token_of(request, given))
            if seconds := self._wait(name, method, given):
                status, headers["Retry-After"] = 429, str(seconds)
                raise SlackError("ratelimited")
            answer = {"ok": True, **method.call(self._slack, Arguments(given))}
        except SlackError as refusal:
            answer = refusal.answer
        told = {key: value for key, value in given.items() if key not in ("token", "client_secret", "code")}
        self._slack.journal.write(NETWORK, "called", method=name, given=told, error=answer.get("error", ""))
        return JSONResponse(answer, status, headers)

    def _allow(self, name: str, method: Method, token: str) -> None:
        credentials = self._slack.credentials
        if not method.token:
            return
        if not token:
            raise SlackError("not_authed")
        wanted = credentials.app_token if method.token == "app" else credentials.bot_token  # noqa: S105
        if token != wanted:
            wrong_kind = token in (credentials.app_token, credentials.bot_token)
            raise SlackError("not_allowed_token_type" if wrong_kind else "invalid_auth")
        if not self._slack.installation.installed and method.token == "bot":  # noqa: S105
            raise SlackError("account_inactive")
        scopes = self._slack.manifest.scopes
        if method.scopes and scopes.isdisjoint(method.scopes):
            raise SlackError("missing_scope", needed=method.scopes[0], provided=",".join(sorted(scopes)))

    def _wait(self, name: str, method: Method, given: Json) -> int:
        if not self._slack.settings.limits:
            return 0
        return self._slack.limits.take(name, method.tier, str(given.get("channel")), self._slack.settings.post_burst)


async def read(request: Request) -> Json:
    """The arguments of a call: of its address, and of a form or JSON."""
    given: Json = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = await request.json()
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return given | body
    form = await request.form()
    return given | {name: value for name, value in form.items() if not isinstance(value, UploadFile)}


def token_of(request: Request, given: Json) -> str:
    """The token of a call, taken out of its arguments; a client's basic authentication becomes its arguments."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            client = base64.b64decode(value).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise SlackError("invalid_auth") from None
        given["client_id"], _, given["client_secret"] = client.partition(":")
    body_token = str(given.pop("token", ""))
    return value.strip() if kind.lower() == "bearer" else body_token
