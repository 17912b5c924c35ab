"""Walkthroughs: what people did, in words that hold again next time, and doing it anew.

An element is named by what stands on it and by how many such came before it in the conversation; a field by its label
(one that nobody touched is left out, so that it holds what the app puts there next time); an option by its text; a time
by how far ahead it was. So a walkthrough outlives other ids, other times and slower machines: an action waits until
what it needs is there.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playground.slack.errors import Impossible, SlackError
from playground.slack.inputs import FIELDS, chosen, elements, initial, options
from playground.slack.people import People
from playground.slack.slack import Slack
from playground.slack.workspace import Channel, Message

Json = dict[str, Any]
PATIENCE_SECONDS = 180.0
LOOK_SECONDS = 0.2
MINUTE = 60


class Recorder:
    """Writes down each action as it happens; the file is whole after each."""

    def __init__(self, slack: Slack, file: Path) -> None:
        self._slack = slack
        self._file = file
        self._started = time.monotonic()
        self._actions: list[Json] = []
        self._write()

    def note(self, do: str, who: str, what: Json) -> None:
        """Write an action down, as `Slack.note` tells of it."""
        at = round(time.monotonic() - self._started, 1)
        self._actions.append({"at": at, "do": do, "as": who, **self._in_words(do, who, what)})
        self._write()

    def _write(self) -> None:
        self._file.write_text(json.dumps({"actions": self._actions}, ensure_ascii=False, indent=1) + "\n", "utf-8")

    def _in_words(self, do: str, who: str, what: Json) -> Json:
        person = self._slack.workspace.person(who)
        words = dict(what)
        if "channel" in words:
            channel = self._slack.workspace.channels[words["channel"]]
            words["channel"] = "app" if channel.is_direct else channel.id
        match do:
            case "click":
                message = self._slack.workspace.message(what["channel"], words.pop("ts"))
                there = list(in_messages(visible(self._slack, what["channel"], person.id)))
                element = next(e for m, e in there if m is message and e is what["element"])
                words["element"] = aim([e for _, e in there], element)
                words["value"] = in_words(element, what["value"])
            case "click_view":
                element = what["element"]
                words["element"] = aim([e for _, e in elements(what["view"].body["blocks"])], element)
                words["value"] = in_words(element, what["value"])
                words.pop("view")
            case "submit":
                view = what["view"]
                words = {"values": dict(self._filled_in(view.body["blocks"], view.values))}
            case "message_shortcut" | "message" if what.get("ts") or what.get("thread_ts"):
                name = "ts" if "ts" in what else "thread_ts"
                words[name] = self._place_of(what["channel"], person.id, what[name])
        if what.get("files"):
            words["files"] = [self._file_of(file) for file in what["files"]]
        return {name: value for name, value in words.items() if value not in (None, "", [])}

    def _filled_in(self, blocks: list[Json], values: Json) -> Iterator[tuple[str, Any]]:
        untouched = initial(blocks)
        for block, element in elements(blocks):
            name = block["block_id"], element["action_id"]
            if block["type"] == "input" and values[name[0]][name[1]] != untouched[name[0]][name[1]]:
                value = chosen(element, values, block["block_id"])
                if element["type"] == "file_input":
                    value = [self._file_of(file["id"]) for file in value or []]
                yield block["label"]["text"], in_words(element, value)

    def _place_of(self, channel: str, person: str, ts: str) -> int:
        return [message.ts for message in visible(self._slack, channel, person)].index(ts)

    def _file_of(self, file_id: str) -> Json:
        file = self._slack.workspace.files[file_id]
        return {"name": file.name, "data": base64.b64encode(file.data).decode()}


class Walkthrough:
    """A recorded walkthrough, played by the people of this workspace."""

    def __init__(self, slack: Slack, file: Path) -> None:
        """ValueError if the file holds none."""
        self._slack = slack
        self._people = People(slack)
        try:
            self._actions = json.loads(file.read_text("utf-8"))["actions"]
            self._pauses = [float(action["at"]) for action in self._actions]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{file} holds no walkthrough: {error}") from None

    async def play(self) -> None:
        """Do everything, at its pace or slower, once the app is connected; say on standard error where it got stuck."""
        while not self._slack.delivery.sockets.count and not self._slack.settings.request_url:
            await asyncio.sleep(LOOK_SECONDS)
        before = self._pauses[0] if self._pauses else 0.0
        for number, (action, at) in enumerate(zip(self._actions, self._pauses, strict=True), start=1):
            await asyncio.sleep(max(0.0, at - before))
            before = at
            try:
                await self._do(dict(action))
            except (LookupError, ValueError, SlackError, TypeError) as error:
                print(f"The walkthrough got stuck at action {number}: {error!r}", file=sys.stderr, flush=True)  # noqa: T201
                return

    async def _do(self, action: Json) -> None:
        """One action, as soon as it can be done."""
        do, who = action.pop("do"), action.pop("as")
        action.pop("at")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                await self._once(do, who, dict(action))
            except (LookupError, Impossible, SlackError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(LOOK_SECONDS)
            else:
                return

    async def _once(self, do: str, who: str, action: Json) -> None:
        person = self._slack.workspace.person(who)
        if "channel" in action and action["channel"] == "app":
            action["channel"] = self._slack.workspace.direct([person.id]).id
        match do:
            case "click":
                there = list(in_messages(visible(self._slack, action["channel"], person.id)))
                message, element = there[found([e for _, e in there], action["element"])]
                value = meant(element, action.get("value"))
                await self._people.click(
                    who, action["channel"], message.ts, element["action_id"], block_of(message, element), value
                )
            case "click_view":
                home = bool(action.get("home"))
                stack = self._slack.views.stack(person.id)
                view = self._slack.views.homes[person.id] if home else stack[-1]
                pairs = list(elements(view.body["blocks"]))
                block, element = pairs[found([e for _, e in pairs], action["element"])]
                value = meant(element, action.get("value"))
                await self._people.click_view(who, element["action_id"], block["block_id"], value, home=home)
            case "submit":
                view = self._slack.views.stack(person.id)[-1]
                await self._people.submit(who, self._values(who, view.body["blocks"], action.get("values", {})))
            case "message":
                seen = visible(self._slack, action["channel"], person.id)
                thread = seen[action["thread_ts"]].ts if "thread_ts" in action else ""
                files = [self._upload(who, file) for file in action.get("files", ())]
                await self._people.message(who, action["channel"], action.get("text", ""), thread, files)
            case "message_shortcut":
                ts = visible(self._slack, action["channel"], person.id)[action["ts"]].ts
                await self._people.message_shortcut(who, action["channel"], ts, action["callback_id"])
            case "command":
                await self._people.command(who, action["channel"], action["command"], action.get("text", ""))
            case "shortcut":
                await self._people.shortcut(who, action["callback_id"])
            case "home":
                await self._people.open_home(who, action.get("tab", "home"))
            case "close":
                await self._people.close(who, everything=bool(action.get("everything")))
            case "invite":
                await self._people.invite(who, action["channel"])
            case _:
                raise ValueError(f"there is no action {do!r}")

    def _values(self, who: str, blocks: list[Json], words: Json) -> Json:
        values: Json = {}
        by_label = {b["label"]["text"]: (b, e) for b, e in elements(blocks) if b["type"] == "input"}
        for label, word in words.items():
            block, element = by_label[label]
            value = meant(element, word)
            if element["type"] == "file_input":
                value = [self._upload(who, file, for_app=True) for file in word or ()]
            values.setdefault(block["block_id"], {})[element["action_id"]] = value
        return values

    def _upload(self, who: str, file: Json, *, for_app: bool = False) -> str:
        return self._people.upload(who, file["name"], base64.b64decode(file["data"]), for_app=for_app).id


def visible(slack: Slack, channel: str, person: str) -> list[Message]:
    """A conversation's messages, threads too, in the order in which they came."""
    place: Channel = slack.workspace.channels[channel]
    return [message for message in place.messages.values() if message.only_for in ("", person)]


def in_messages(messages: list[Message]) -> Iterator[tuple[Message, Json]]:
    """Every element of every message."""
    for message in messages:
        yield from ((message, element) for _, element in elements(message.blocks))


def block_of(message: Message, element: Json) -> str:
    """The id of the block that an element stands in."""
    return str(next(block["block_id"] for block, one in elements(message.blocks) if one is element))


def sign(element: Json) -> str:
    """What an element is known by: the words on it, else its action_id."""
    return str((element.get("text") or element.get("placeholder") or {}).get("text") or element["action_id"])


def aim(there: list[Json], element: Json) -> Json:
    """How to find an element among others again."""
    alike = [one for one in there if sign(one) == sign(element)]
    return {"sign": sign(element), "nth": next(n for n, one in enumerate(alike) if one is element)}


def found(there: list[Json], words: Json) -> int:
    """The place of the element that `aim` described. LookupError while it is not there."""
    alike = [place for place, one in enumerate(there) if sign(one) == words["sign"]]
    return alike[words["nth"]]


def in_words(element: Json, value: Any) -> Any:
    """A value as a walkthrough holds it."""
    texts = {option["value"]: option["text"]["text"] for option in options(element) if "value" in option}
    if element["type"] == "datetimepicker" and value:
        return {"ahead": int(value) - int(time.time())}
    if isinstance(value, list):
        return [texts.get(one, one) if isinstance(one, str) else one for one in value]
    return texts.get(value, value) if isinstance(value, str) else value


def meant(element: Json, words: Any) -> Any:
    """The other way."""
    values = {option["text"]["text"]: option["value"] for option in options(element) if "value" in option}
    if element["type"] not in FIELDS and element["type"] != "overflow":
        return None
    if isinstance(words, dict) and "ahead" in words:
        return (int(time.time()) + words["ahead"]) // MINUTE * MINUTE
    if isinstance(words, list):
        return [values.get(one, one) if isinstance(one, str) else one for one in words]
    return values.get(words, words) if isinstance(words, str) else words
