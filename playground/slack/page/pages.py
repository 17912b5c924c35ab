"""The page's addresses: what it shows, and what people do on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from playground.pictures import MIME_TYPES, picture_facts
from playground.slack.errors import Impossible, SlackError
from playground.slack.page.forms import unix_time, values_of
from playground.slack.page.screen import Screen
from playground.slack.people import People
from playground.slack.slack import Slack
from playground.slack.workspace import PEOPLE, Person

Json = dict[str, Any]

STATIC = Path(__file__).parent / "static"
FIRST_PERSON = PEOPLE[0].handle
FIRST_PLACE = "C0LAUNCHES"
POLICY = "default-src 'self'; frame-src http://127.0.0.1:*; img-src 'self' data:; style-src 'self' 'unsafe-inline'"
LOOK_SECONDS = 0.1
"""How often a page that listens for changes is looked after."""


class Pages:
    """Everything below `/as/PERSON/`, with the pictures and files that it needs."""

    def __init__(self, slack: Slack, feeds: str = "") -> None:
        self._slack = slack
        self._people = People(slack)
        self._screen = Screen(slack, feeds)

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [
            Route("/", self.start),
            Route("/archives/{channel}/p{digits:int}", self.permalink),
            Route("/picture/{file}", self.picture),
            Mount("/static", StaticFiles(directory=STATIC)),
            Route("/as/{who}/changes", self.changes),
            Route("/as/{who}/sidebar", self.sidebar),
            Route("/as/{who}/modal", self.modal),
            Route("/as/{who}/modal/click", self.click_modal, methods=["POST"]),
            Route("/as/{who}/modal/submit", self.submit, methods=["POST"]),
            Route("/as/{who}/modal/close", self.close, methods=["POST"]),
            Route("/as/{who}/shortcut", self.shortcut, methods=["POST"]),
            Route("/as/{who}/home", self.home),
            Route("/as/{who}/home/view", self.home_view),
            Route("/as/{who}/home/click", self.click_home, methods=["POST"]),
            Route("/as/{who}/{place}", self.place),
            Route("/as/{who}/{place}/messages", self.messages),
            Route("/as/{who}/{place}/thread/{ts}", self.thread),
            Route("/as/{who}/{place}/say", self.say, methods=["POST"]),
            Route("/as/{who}/{place}/{ts}/click", self.click, methods=["POST"]),
            Route("/as/{who}/{place}/{ts}/shortcut", self.message_shortcut, methods=["POST"]),
        ]

    async def start(self, request: Request) -> Response:
        """The first page: the requester in #launches."""
        return RedirectResponse(f"/as/{FIRST_PERSON}/{FIRST_PLACE}")

    async def permalink(self, request: Request) -> Response:
        """A message by its address, for the requester."""
        digits = str(request.path_params["digits"])
        ts = f"{digits[:-6]}.{digits[-6:]}"
        thread = request.query_params.get("thread_ts", "")
        place = f"/as/{FIRST_PERSON}/{request.path_params['channel']}"
        return RedirectResponse(f"{place}{f'?thread={thread}' if thread else ''}#m-{ts}")

    async def picture(self, request: Request) -> Response:
        """A picture as the page shows it; other files are for keeping, never for running."""
        file = self._slack.workspace.files.get(request.path_params["file"])
        facts = picture_facts(file.data) if file else None
        if file is None:
            return PlainTextResponse("There is no such file.", 404)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=3600"}
        if facts is None:
            headers["Content-Disposition"] = "attachment"
        return Response(
            file.data, media_type=MIME_TYPES[facts[0]] if facts else "application/octet-stream", headers=headers
        )

    async def changes(self, request: Request) -> Response:
        """A server-sent event whenever something on the screen may have changed."""

        async def events() -> AsyncIterator[str]:
            sent = -1
            while not await request.is_disconnected():
                if self._slack.version != sent:
                    sent = self._slack.version
                    yield f"data: {sent}\n\n"
                await asyncio.sleep(LOOK_SECONDS)

        return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def place(self, request: Request) -> Response:
        """A conversation, with a thread beside it where one is asked for."""
        person, channel = self._who(request), request.path_params["place"]
        if channel == self._screen.direct(person).id:
            await self._people.open_home(person.id, "messages")
        return html(self._screen.place(person, channel, request.query_params.get("thread", "")))

    async def home(self, request: Request) -> Response:
        """The app's Home tab."""
        person = self._who(request)
        await self._people.open_home(person.id)
        return html(self._screen.home(person))

    async def home_view(self, request: Request) -> Response:
        """What stands in Home."""
        return html(self._screen.home_view(self._who(request)))

    async def sidebar(self, request: Request) -> Response:
        """The conversations, with those that hold something new."""
        return html(self._screen.sidebar(self._who(request), request.query_params.get("place", "")))

    async def messages(self, request: Request) -> Response:
        """A conversation's messages."""
        return html(self._screen.messages(self._who(request), request.path_params["place"]))

    async def thread(self, request: Request) -> Response:
        """A thread's messages."""
        parameters = request.path_params
        return html(self._screen.thread(self._who(request), parameters["place"], parameters["ts"]))

    async def modal(self, request: Request) -> Response:
        """The modal in front, or nothing."""
        return html(self._screen.modal(self._who(request)))

    async def say(self, request: Request) -> Response:
        """Send what stands in the composer: a slash command, or a message with files."""
        person, place = self._who(request), request.path_params["place"]
        async with request.form() as form:
            text = str(form.get("text", "")).replace("\r\n", "\n").strip()
            thread = str(form.get("thread_ts", ""))
            if text.startswith("/") and not thread:
                command, _, rest = text.partition(" ")
                return await done(self._people.command(person.id, place, command, rest.strip()))
            files = [
                self._people.upload(person.id, str(file.filename), await file.read()).id
                for file in form.getlist("files")
                if not isinstance(file, str) and file.filename
            ]
            return await done(self._people.message(person.id, place, text, thread, files))

    async def click(self, request: Request) -> Response:
        """Use an element of a message."""
        person, parameters = self._who(request), request.path_params
        async with request.form() as form:
            action_id, block_id, value = used(form, person)
        return await done(
            self._people.click(person.id, parameters["place"], parameters["ts"], action_id, block_id, value)
        )

    async def click_home(self, request: Request) -> Response:
        """Use an element of Home."""
        person = self._who(request)
        async with request.form() as form:
            action_id, block_id, value = used(form, person)
        return await done(self._people.click_view(person.id, action_id, block_id, value, home=True))

    async def click_modal(self, request: Request) -> Response:
        """Use an element of the modal in front; what stands in its other fields goes along."""
        person = self._who(request)
        stack = self._slack.views.stack(person.id)
        if not stack:
            return notice("The modal is closed.")
        async with request.form() as form:
            values = await values_of(form, stack[-1].body["blocks"], person.zone, self._upload(person))
            action_id, block_id, value = used(form, person)
        if block_id in values and action_id in values[block_id]:
            value = values[block_id].pop(action_id)
        return await done(self._people.click_view(person.id, action_id, block_id, value, values=values))

    async def submit(self, request: Request) -> Response:
        """Submit the modal in front."""
        person = self._who(request)
        stack = self._slack.views.stack(person.id)
        if not stack:
            return notice("The modal is closed.")
        async with request.form() as form:
            values = await values_of(form, stack[-1].body["blocks"], person.zone, self._upload(person))
        return await done(self._people.submit(person.id, values))

    async def close(self, request: Request) -> Response:
        """Close the modal in front, or all."""
        everything = request.query_params.get("all") == "1"
        return await done(self._people.close(self._who(request).id, everything=everything))

    async def shortcut(self, request: Request) -> Response:
        """Use a global shortcut."""
        async with request.form() as form:
            return await done(self._people.shortcut(self._who(request).id, str(form.get("callback_id", ""))))

    async def message_shortcut(self, request: Request) -> Response:
        """Use a shortcut of a message's menu."""
        person, parameters = self._who(request), request.path_params
        async with request.form() as form:
            callback_id = str(form.get("callback_id", ""))
        return await done(self._people.message_shortcut(person.id, parameters["place"], parameters["ts"], callback_id))

    def _who(self, request: Request) -> Person:
        return self._slack.workspace.person(request.path_params["who"])

    def _upload(self, person: Person) -> Any:
        return lambda name, data: self._people.upload(person.id, name, data, for_app=True).id


def used(form: FormData, person: Person) -> tuple[str, str, Any]:
    """Which element was used, as (action_id, block_id), and what it was given, by its kind."""
    kind, texts = str(form.get("kind", "")), [value for value in form.getlist("value") if isinstance(value, str)]
    value: Any = texts[-1] if texts else None
    if kind == "datetimepicker":
        value = unix_time(value or "", person.zone)
    elif kind.startswith("multi_") or kind == "checkboxes":
        value = texts
    return str(form.get("action_id", "")), str(form.get("block_id", "")), value


async def done(action: Awaitable[Json]) -> Response:
    """Nothing to show: the page hears of changes by itself. What nobody could do is told in passing."""
    try:
        ended = await action
    except Impossible as error:
        return notice(str(error))
    except SlackError as error:
        return notice(f"Slack says {error.answer['error']}.")
    return Response(status_code=204, headers={"HX-Trigger": "changed"} | ({} if ended["ok"] else {"X-Problem": "1"}))


def notice(text: str) -> Response:
    """A short word that passes."""
    return Response(status_code=204, headers={"HX-Trigger": json.dumps({"changed": None, "notice": text})})


def html(page: str) -> Response:
    """A page or a part of one. Scripts, styles and pictures come from here alone; the feeds are in a frame."""
    return HTMLResponse(page, headers={"Cache-Control": "no-store", "Content-Security-Policy": POLICY})
