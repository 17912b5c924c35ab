"""The doors that Slack does not have: what people do and see, as JSON, and how this Slack behaves."""

from __future__ import annotations

import base64
import binascii
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from playground.faults import Faults
from playground.slack.errors import Impossible, SlackError
from playground.slack.methods.access import uninstall
from playground.slack.people import People
from playground.slack.seeing import seen_by
from playground.slack.slack import Slack

Json = dict[str, Any]


class Doors:
    """Addresses under `/_`."""

    def __init__(self, slack: Slack, faults: Faults) -> None:
        self._slack = slack
        self._faults = faults
        people = People(slack)
        self._actions: dict[str, Callable[..., Awaitable[Json]]] = {
            "command": people.command,
            "message": people.message,
            "shortcut": people.shortcut,
            "message_shortcut": people.message_shortcut,
            "click": people.click,
            "click_view": people.click_view,
            "submit": people.submit,
            "close": people.close,
            "home": people.open_home,
            "invite": people.invite,
        }
        self._people = people

    def routes(self) -> list[Route]:
        """The doors."""
        return [
            Route("/_do/upload", self.upload, methods=["POST"]),
            Route("/_do/uninstall", self.uninstall, methods=["POST"]),
            Route("/_do/{action}", self.act, methods=["POST"]),
            Route("/_see", self.see),
            Route("/_settings", self.settings, methods=["GET", "POST"]),
            Route("/_socket", self.socket, methods=["GET", "POST"]),
            Route("/_reset", self.reset, methods=["POST"]),
        ]

    async def act(self, request: Request) -> Response:
        """Do what a person does."""
        action = self._actions.get(request.path_params["action"])
        if action is None:
            return PlainTextResponse(f"There are the actions {', '.join(self._actions)}, upload, uninstall.\n", 404)
        try:
            wish = await request.json()
            given = {("who" if name == "as" else name): value for name, value in wish.items()}
            inspect.signature(action).bind(**given)
        except (ValueError, TypeError, AttributeError) as error:
            return PlainTextResponse(f"{error}\n", 400)
        return await answered(action(**given))

    async def upload(self, request: Request) -> Response:
        """Hand a file of a person's over: {"as", "name", "data" in Base64, "for_app"}."""
        try:
            wish = await request.json()
            data = base64.b64decode(wish["data"], validate=True)
            file = self._people.upload(wish["as"], wish["name"], data, for_app=bool(wish.get("for_app")))
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            return PlainTextResponse(f"{error}\n", 400)
        return JSONResponse({"ok": True, "id": file.id})

    async def uninstall(self, request: Request) -> Response:
        """Take the app out of the workspace."""
        uninstall(self._slack)
        return JSONResponse({"ok": True})

    async def see(self, request: Request) -> Response:
        """What a person sees: `?as=requester`."""
        try:
            return JSONResponse(seen_by(self._slack, request.query_params.get("as", "")))
        except SlackError as error:
            return JSONResponse(error.answer, 404)

    async def settings(self, request: Request) -> Response:
        """How this Slack behaves; a POST changes what it names. A request URL has to answer a challenge first."""
        if request.method == "POST":
            try:
                wishes = await request.json()
                url = wishes.get("request_url")
                if url and not await self._slack.delivery.http.verify(str(url)):
                    return PlainTextResponse(
                        "Your URL didn't respond with the value of the challenge parameter.\n", 400
                    )
                self._slack.settings.change(wishes)
            except (ValueError, AttributeError) as error:
                return PlainTextResponse(f"{error}\n", 400)
        return JSONResponse(vars(self._slack.settings))

    async def socket(self, request: Request) -> Response:
        """The number of connections; POST {"do": "warn", "refresh", "disable", "cut" or "freeze"} disturbs them all."""
        sockets = self._slack.delivery.sockets
        if request.method == "POST":
            try:
                wish = (await request.json())["do"]
            except (ValueError, KeyError, TypeError):
                wish = ""
            match wish:
                case "warn":
                    await sockets.refresh("warning")
                case "refresh":
                    await sockets.refresh()
                case "disable":
                    await sockets.refresh("link_disabled")
                case "cut":
                    sockets.cut()
                case "freeze":
                    sockets.freeze()
                case _:
                    return PlainTextResponse('Send {"do": "warn", "refresh", "disable", "cut" or "freeze"}.\n', 400)
        return JSONResponse({"connections": sockets.count})

    async def reset(self, request: Request) -> Response:
        """Begin anew, with no messages and no faults; the app stays connected, the settings stay."""
        self._slack.begin_anew()
        self._faults.clear()
        return PlainTextResponse("ok")


async def answered(action: Awaitable[Json]) -> Response:
    """What came of an action; 409 where nobody could do that."""
    try:
        return JSONResponse(await action)
    except Impossible as error:
        return JSONResponse({"ok": False, "problem": str(error)}, 409)
    except SlackError as error:
        return JSONResponse({"ok": False, "problem": error.answer["error"]}, 409)
