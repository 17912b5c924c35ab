"""The stand-in as a web application under /v1, with controls under /_ for tests.

`POST /_script` queues answers for the next chat calls, each an object with `content`, `refusal` or `finish`; a queued
answer is given as it is, whatever was asked. `POST /_settings` changes `json_schema` (false: such calls are refused
with `refusal_status`, as some servers do), `gullible` and `key` (calls without it are refused). `POST /_faults` arms
faults as `playground.faults` describes them, with the network "v1". `GET /_journal` lists the calls.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from playground.faults import Faults, FaultyNetworks
from playground.openai import answers

MODELS = ("stand-in-chat", "stand-in-images", "omni-moderation-latest")
MOST_PICTURES = 10


@dataclass
class State:
    """What the controls change and what has been asked."""

    json_schema: bool = True
    refusal_status: int = 500
    gullible: bool = False
    key: str = ""
    script: list[dict[str, Any]] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)


def openai_app() -> ASGIApp:
    """The application; it keeps its state in memory."""
    server = Server(State(), Faults())
    routes = [
        Route("/v1/models", server.models),
        Route("/v1/chat/completions", server.chat, methods=["POST"]),
        Route("/v1/images/generations", server.images, methods=["POST"]),
        Route("/v1/moderations", server.moderations, methods=["POST"]),
        Route("/_script", server.script, methods=["POST"]),
        Route("/_settings", server.settings, methods=["POST"]),
        Route("/_faults", server.arm, methods=["POST", "DELETE"]),
        Route("/_journal", server.journal),
        Route("/_reset", server.reset, methods=["POST"]),
    ]
    return FaultyNetworks(Starlette(routes=routes), server.faults)


class Server:
    """The endpoints and their controls."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self.faults = faults

    async def models(self, request: Request) -> Response:
        """The names of the models."""
        return JSONResponse({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})

    async def chat(self, request: Request) -> Response:
        """A chat completion: the next one of the script, else a brief for the draft."""
        body, refused = await self._read(request, "messages")
        if refused:
            return refused
        form = (body.get("response_format") or {}).get("type")
        if form == "json_schema" and not self._state.json_schema:
            return _error(self._state.refusal_status, "response_format json_schema is not supported")
        prompt = "\n".join(str(message.get("content", "")) for message in body["messages"])
        scripted = self._state.script.pop(0) if self._state.script else {}
        content = scripted.get("content")
        if not scripted:
            content = answers.brief_for(body["messages"], gullible=self._state.gullible)
        message = {"content": content, "refusal": scripted.get("refusal")}
        finish = scripted.get("finish", "stop")
        return JSONResponse(answers.completion(str(body.get("model", "")), message, finish, prompt))

    async def images(self, request: Request) -> Response:
        """Pictures of one colour, in base64."""
        body, refused = await self._read(request, "prompt")
        if refused:
            return refused
        count = body.get("n", 1)
        if not isinstance(count, int) or not 1 <= count <= MOST_PICTURES:
            return _error(400, f"n must be 1 to {MOST_PICTURES}")
        pictures = [answers.picture(str(body["prompt"]), number) for number in range(count)]
        return JSONResponse({"created": 0, "data": [{"b64_json": base64.b64encode(p).decode()} for p in pictures]})

    async def moderations(self, request: Request) -> Response:
        """A verdict for each input: a text, a list of texts, or parts of one input."""
        body, refused = await self._read(request, "input")
        if refused:
            return refused
        given = body["input"]
        inputs = given if isinstance(given, list) else [given]
        if all(isinstance(part, dict) for part in inputs):
            inputs = [" ".join(str(part.get("text", "")) for part in inputs)]
        results = [answers.moderation(str(text)) for text in inputs]
        return JSONResponse({"id": "modr-1", "model": body.get("model", MODELS[2]), "results": results})

    async def script(self, request: Request) -> Response:
        """Queue answers for the next chat calls."""
        self._state.script += await request.json()
        return Response(status_code=204)

    async def settings(self, request: Request) -> Response:
        """Change how the server behaves."""
        wishes = await request.json()
        if unknown := set(wishes) - {"json_schema", "refusal_status", "gullible", "key"}:
            return _error(400, f"unknown settings {sorted(unknown)}")
        for name, value in wishes.items():
            setattr(self._state, name, value)
        return Response(status_code=204)

    async def arm(self, request: Request) -> Response:
        """Arm faults, or disarm all."""
        if request.method == "DELETE":
            self.faults.clear()
        else:
            self.faults.arm(await request.json())
        return Response(status_code=204)

    async def journal(self, request: Request) -> Response:
        """The calls so far: path and body."""
        return JSONResponse(self._state.journal)

    async def reset(self, request: Request) -> Response:
        """Begin anew."""
        self._state.__init__()  # type: ignore[misc]
        self.faults.clear()
        return Response(status_code=204)

    async def _read(self, request: Request, needed: str) -> tuple[dict[str, Any], Response | None]:
        try:
            body = await request.json()
        except ValueError:
            return {}, _error(400, "the body is no JSON")
        if not isinstance(body, dict) or not body.get(needed):
            return {}, _error(400, f"{needed!r} is missing")
        self._state.journal.append({"path": request.url.path, "body": body})
        if self._state.key and request.headers.get("authorization") != f"Bearer {self._state.key}":
            return {}, _error(401, "the key is wrong")
        return body, None


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error", "code": None}}, status)
