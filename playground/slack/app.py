"""The local Slack as one web application: the Web API, Socket Mode, files, OAuth, people's doors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.controls import CommonControls
from playground.faults import Faults, FaultyNetworks
from playground.journal import Journal
from playground.pictures import MIME_TYPES, picture_facts
from playground.slack.answers import take_answer
from playground.slack.credentials import Credentials
from playground.slack.doors import Doors
from playground.slack.errors import SlackError
from playground.slack.manifest import Manifest
from playground.slack.methods.files import LARGEST_FILE
from playground.slack.page.pages import Pages
from playground.slack.settings import Settings
from playground.slack.slack import Slack
from playground.slack.walkthrough import Recorder, Walkthrough
from playground.slack.web_api import WebApi, token_of


def slack_app(
    *,
    manifest: Manifest | None = None,
    credentials: Credentials | None = None,
    settings: dict[str, Any] | None = None,
    journal: Path | None = None,
    address: str = "",
    feeds: str = "",
    record: Path | None = None,
    replay: Path | None = None,
) -> ASGIApp:
    """A workspace with three people and one app. `address` is what it calls itself in the addresses that it gives.

    `feeds` is where the local networks are: the page shows them beside the workspace.
    `record` is a file that gets what people do, `replay` one from which they do it again.
    """
    wished = Settings()
    wished.change(settings or {})
    slack = Slack(
        manifest=manifest or Manifest(),
        credentials=credentials or Credentials(),
        settings=wished,
        journal=Journal(journal),
        address=address,
    )
    if record:
        slack.note = Recorder(slack, record).note
    start = [Walkthrough(slack, replay).play] if replay else []
    faults = Faults()
    ends = Ends(slack)
    routes = [
        Route("/api/{method}", WebApi(slack).call, methods=["GET", "POST"]),
        WebSocketRoute("/link/", slack.delivery.sockets.connect),
        *ends.routes(),
        *CommonControls(slack.journal, faults).routes(),
        *Doors(slack, faults).routes(),
        *Pages(slack, feeds).routes(),
    ]
    guards = [Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])]
    return WithTransport(
        FaultyNetworks(Starlette(routes=routes, middleware=guards, lifespan=with_background(start)), faults)
    )


def with_background(work: Sequence[Callable[[], Coroutine[Any, Any, None]]]) -> Callable[[Starlette], Any]:
    """A lifespan in which some work goes on beside the requests."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(begin()) for begin in work]
        yield
        for task in tasks:
            task.cancel()

    return lifespan


class Ends:
    """The addresses that Slack gives out besides its API: uploads, files, response_urls and consent."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route("/upload/v1/{file}", self.upload, methods=["POST"]),
            Route("/files-pri/{team_file}/{name:path}", self.file),
            Route("/actions/{name}", self.answer, methods=["POST"]),
            Route("/oauth/v2/authorize", self.authorize),
        ]

    async def upload(self, request: Request) -> Response:
        """Take the bytes of an upload, plain or as a form's file."""
        file = self._slack.workspace.files.get(request.path_params["file"])
        if file is None or file.data:
            return PlainTextResponse("There is no such upload.", 404)
        data = b""
        if request.headers.get("content-type", "").startswith("multipart/"):
            for part in (await request.form()).values():
                data = await part.read() if isinstance(part, UploadFile) else data
        else:
            data = await request.body()
        if len(data) != file.length or len(data) > LARGEST_FILE:
            return PlainTextResponse(f"{file.length} bytes were announced and {len(data)} came.", 400)
        file.data = data
        return PlainTextResponse(f"OK - {len(data)}")

    async def file(self, request: Request) -> Response:
        """A file's bytes, for the app's token."""
        file = self._slack.workspace.files.get(request.path_params["team_file"].rpartition("-")[2])
        if token_of(request, {}) != self._slack.credentials.bot_token:
            return RedirectResponse(f"{self._slack.address}/?redir=files", 302)  # Slack asks to sign in
        if file is None or not self._slack.can_read(file):
            return PlainTextResponse("There is no such file.", 404)
        facts = picture_facts(file.data)
        kind = MIME_TYPES.get(facts[0], "") if facts else ""
        headers = {"X-Content-Type-Options": "nosniff"}
        return Response(file.data, media_type=kind or "application/octet-stream", headers=headers)

    async def answer(self, request: Request) -> Response:
        """What the app sends to a response_url."""
        try:
            body = await request.json()
            if not isinstance(body, dict):
                raise ValueError
            take_answer(self._slack, request.path_params["name"], body)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
        except SlackError as refusal:
            gone = refusal.answer["error"] in ("invalid_url", "expired_url", "used_url")
            return JSONResponse(refusal.answer, 404 if gone else 200)
        return JSONResponse({"ok": True})

    async def authorize(self, request: Request) -> Response:
        """Consent, given at once: back to the app with a code, or with what is wrong with its wish."""
        asked = request.query_params
        redirect, scopes = asked.get("redirect_uri", ""), set(filter(None, asked.get("scope", "").split(",")))
        if asked.get("client_id") != self._slack.credentials.client_id:
            return PlainTextResponse("invalid_client_id", 400)
        if not redirect.startswith(("http://127.0.0.1", "http://localhost", "https://")):
            return PlainTextResponse("bad_redirect_uri", 400)
        answer = {"state": asked.get("state", "")}
        if asked.get("deny") or not scopes or not scopes <= self._slack.manifest.scopes:
            answer["error"] = "access_denied" if asked.get("deny") else "invalid_scope"
        else:
            answer["code"] = self._slack.installation.code(redirect)
        return RedirectResponse(f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(answer)}", 302)


class WithTransport:
    """Hands WebSockets their connection, so that a broken line can be played. ASGI has no word for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "websocket":
            scope["transport"] = send.__self__.transport  # type: ignore[attr-defined]
        await self._app(scope, receive, send)
