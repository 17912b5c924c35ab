"""What the local networks and Slack both answer besides: that they are up, what happened, what is to go wrong."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from playground.faults import Faults
from playground.journal import Journal


class CommonControls:
    """`/_health`, `/_journal` and `/_faults`."""

    def __init__(self, journal: Journal, faults: Faults) -> None:
        self._journal = journal
        self._faults = faults

    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route("/_health", self.health),
            Route("/_journal", self.journal),
            Route("/_faults", self.faults, methods=["GET", "POST", "DELETE"]),
        ]

    async def health(self, request: Request) -> Response:
        """That this stand-in is up."""
        return PlainTextResponse("ok")

    async def journal(self, request: Request) -> Response:
        """Everything that happened, a JSON object a line."""
        lines = (json.dumps(entry, ensure_ascii=False) for entry in self._journal.entries())
        return PlainTextResponse("".join(f"{line}\n" for line in lines))

    async def faults(self, request: Request) -> Response:
        """The armed faults; POST arms, DELETE disarms."""
        if request.method == "DELETE":
            self._faults.clear()
        if request.method == "POST":
            try:
                self._faults.arm(await request.json())
            except (ValueError, TypeError) as error:
                return PlainTextResponse(f"{error}\n", 400)
        return JSONResponse(self._faults.armed())
