"""What people do in the workspace, and how Slack takes it to the app.

Each action waits for the app's acknowledgement, as Slack's own client does, and says how that ended: `ok`, or
`problem` in Slack's word ("operation_timeout", "dispatch_failed"). What the app then shows is seen in `seeing`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from playground.slack import payloads
from playground.slack.delivery import Acknowledged
from playground.slack.errors import Impossible, SlackError
from playground.slack.inputs import FIELDS, missing
from playground.slack.modals import ModalOrHome
from playground.slack.slack import Slack
from playground.slack.using import action_of, element_of, enter, respond, state_of
from playground.slack.workspace import BOT_USER, SLACKBOT, Channel, File, Message, Person

Json = dict[str, Any]

TROUBLE = "We had some trouble connecting. Try again?"
LARGEST_INPUT_FILE = 10_000_000


class People:
    """The actions of the three people."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def command(self, who: str, channel: str, command: str, text: str = "") -> Json:
        """Type a slash command into a channel."""
        person, place = self._place(who, channel)
        if not self._slack.manifest.knows_command(command):
            raise Impossible(f"{command} is not a valid command.")
        self._note("command", person, channel=place.id, command=command, text=text)
        payload = payloads.command(self._slack, person, place, command, text)
        acknowledged = await self._ask("slash_commands", payload)
        if acknowledged.problem:
            self._whisper(place, person, f'{command} failed with the error "{acknowledged.problem}"')
        elif acknowledged.body.get("text") or acknowledged.body.get("blocks"):
            self._answer(place, person, acknowledged.body)
        return told(acknowledged)

    async def message(self, who: str, channel: str, text: str, thread_ts: str = "", files: Iterable[str] = ()) -> Json:
        """Write a message, or a reply in a thread."""
        person, place = self._place(who, channel)
        if thread_ts and thread_ts not in place.messages:
            raise Impossible("That thread is gone.")
        given = [self._slack.workspace.file(name) for name in files]
        if not text.strip() and not given:
            raise Impossible("There is nothing to send.")
        names = [file.id for file in given]
        self._note("message", person, channel=place.id, text=text, thread_ts=thread_ts, files=names)
        written = self._written(text)
        message = self._slack.post(place, person.id, written, thread_ts=thread_ts, files=names)
        for file in given:
            file.channels[place.id] = message.ts
        if BOT_USER in place.members:
            self._slack.tell(self._message_event(place, message))
        if f"<@{BOT_USER}>" in message.text and BOT_USER in place.members:
            self._slack.tell({**self._message_event(place, message), "type": "app_mention"})
        return {"ok": True, "ts": message.ts}

    async def shortcut(self, who: str, callback_id: str) -> Json:
        """Choose a global shortcut."""
        person = self._person(who)
        if not self._slack.manifest.knows_shortcut(callback_id, "global"):
            raise Impossible(f"There is no global shortcut {callback_id!r}.")
        self._note("shortcut", person, callback_id=callback_id)
        return told(await self._ask("interactive", payloads.global_shortcut(self._slack, person, callback_id)))

    async def message_shortcut(self, who: str, channel: str, ts: str, callback_id: str) -> Json:
        """Choose a shortcut from a message's menu."""
        person, place = self._place(who, channel)
        if not self._slack.manifest.knows_shortcut(callback_id, "message"):
            raise Impossible(f"There is no message shortcut {callback_id!r}.")
        message = self._message(place, person, ts)
        self._note("message_shortcut", person, channel=place.id, ts=ts, callback_id=callback_id)
        payload = payloads.message_shortcut(self._slack, person, message, callback_id)
        acknowledged = await self._ask("interactive", payload)
        if acknowledged.problem:
            self._whisper(place, person, TROUBLE)
        return told(acknowledged)

    async def click(
        self, who: str, channel: str, ts: str, action_id: str, block_id: str = "", value: Any = None
    ) -> Json:
        """Use an element of a message: press a button, choose an option."""
        person, place = self._place(who, channel)
        message = self._message(place, person, ts)
        block, element = element_of(message.blocks, action_id, block_id)
        action = action_of(self._slack, block, element, value)
        self._note("click", person, channel=place.id, ts=ts, element=element, value=value)
        if element["type"] in FIELDS:
            message.state.setdefault(block["block_id"], {})[element["action_id"]] = state_of(action)
        acknowledged = await self._ask("interactive", payloads.message_actions(self._slack, person, message, action))
        if acknowledged.problem:
            self._whisper(place, person, TROUBLE, thread_ts=message.thread_ts)
        self._slack.touch()
        return told(acknowledged)

    async def click_view(
        self,
        who: str,
        action_id: str,
        block_id: str = "",
        value: Any = None,
        *,
        home: bool = False,
        values: Json | None = None,
    ) -> Json:
        """Use an element of the modal in front, or of Home. `values` were entered in other fields before."""
        person = self._person(who)
        view = self._home(person) if home else self._front(person)
        enter(self._slack, view, values or {})
        block, element = element_of(view.body["blocks"], action_id, block_id)
        action = action_of(self._slack, block, element, value)
        self._note("click_view", person, view=view, element=element, value=value, home=home)
        if element["type"] in FIELDS:
            view.values[block["block_id"]][element["action_id"]] = state_of(action)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return {"ok": True}
        acknowledged = await self._ask("interactive", payloads.view_actions(self._slack, person, view, action))
        view.problem = TROUBLE if acknowledged.problem else ""
        self._slack.touch()
        return told(acknowledged)

    async def submit(self, who: str, values: Json | None = None) -> Json:
        """Fill the modal in front in and press its submit button.

        `values` holds what is entered, by action_id or by block_id and action_id; `errors` in the answer is what
        stands below fields afterwards.
        """
        person = self._person(who)
        view = self._front(person)
        view.errors = enter(self._slack, view, values or {})
        view.errors = view.errors or missing(view.body["blocks"], view.values)
        view.problem = ""
        self._slack.touch()
        if view.errors:
            return {"ok": False, "problem": "", "errors": view.errors}
        self._note("submit", person, view=view)
        acknowledged = await self._ask("interactive", payloads.view_submission(self._slack, person, view))
        if acknowledged.problem:
            view.problem = TROUBLE
        else:
            respond(self._slack, view, acknowledged.body)
        self._slack.touch()
        done = told(acknowledged)
        return done | {"ok": done["ok"] and not view.errors and not view.problem, "errors": view.errors}

    async def close(self, who: str, *, everything: bool = False) -> Json:
        """Close the modal in front, or all of them."""
        person = self._person(who)
        front = self._front(person)
        self._note("close", person, everything=everything)
        closed = self._slack.views.close(front, everything=everything)
        self._slack.touch()
        for view in closed:
            if view.body.get("notify_on_close"):
                payload = payloads.view_closed(self._slack, person, view, is_cleared=everything)
                await self._ask("interactive", payload)
        return {"ok": True}

    async def open_home(self, who: str, tab: str = "home") -> Json:
        """Go to the app: its Home tab, or its messages."""
        person = self._person(who)
        self._note("home", person, tab=tab)
        home = self._slack.views.homes.get(person.id)
        event = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": self._slack.workspace.direct([person.id]).id,
            "tab": tab,
            "event_ts": self._slack.workspace.ts(),
        }
        self._slack.tell(event | ({"view": home.shown()} if home else {}))
        return {"ok": True}

    async def invite(self, who: str, channel: str) -> Json:
        """Bring the app into a channel."""
        person, place = self._place(who, channel)
        if BOT_USER not in place.members:
            self._note("invite", person, channel=place.id)
            place.members.append(BOT_USER)
            self._slack.touch()
            kind = "C" if place.id.startswith("C") else "G"
            joined = {"type": "member_joined_channel", "user": BOT_USER, "channel": place.id, "channel_type": kind}
            self._slack.tell(joined | {"inviter": person.id, "event_ts": self._slack.workspace.ts()})
        return {"ok": True}

    def upload(self, who: str, name: str, data: bytes, *, for_app: bool = False) -> File:
        """Choose a file from the person's machine, for a message, or for a modal (`for_app`)."""
        person = self._person(who)
        if not 0 < len(data) <= LARGEST_INPUT_FILE:
            raise Impossible(f"A file has 1 to {LARGEST_INPUT_FILE} bytes.")
        file = File(self._slack.workspace.id("F"), person.id, name, name, data=data, length=len(data))
        file.created, file.ready_at, file.given_to_app = int(time.time()), time.time(), for_app
        self._slack.workspace.files[file.id] = file
        return file

    def _note(self, do: str, person: Person, **what: Any) -> None:
        self._slack.note(do, person.handle, what)

    def _written(self, text: str) -> str:
        """What Slack makes of a text that somebody typed: mentions become ids, and nothing else is markup."""
        written = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for person in self._slack.workspace.people.values():
            written = re.sub(rf"(?<!\w)@{person.handle}\b", f"<@{person.id}>", written)
        return written

    async def _ask(self, kind: str, payload: Json) -> Acknowledged:
        if not self._slack.installation.installed:
            raise Impossible("Easel is not in this workspace any more.")
        return await self._slack.delivery.ask(kind, payload)

    def _person(self, who: str) -> Person:
        person = self._slack.workspace.person(who)
        if person.is_bot:
            raise Impossible("The app acts by itself.")
        return person

    def _place(self, who: str, channel: str) -> tuple[Person, Channel]:
        person = self._person(who)
        named = [c for c in self._slack.workspace.channels.values() if channel in (c.name, f"#{c.name}")]
        if channel == "app":
            place = self._slack.workspace.direct([person.id])
        else:
            place = named[0] if named and channel != "directmessage" else self._slack.workspace.channel(channel)
        if person.id not in place.members:
            raise Impossible(f"{person.name} is not in that conversation.")
        return person, place

    def _message(self, place: Channel, person: Person, ts: str) -> Message:
        message = self._slack.workspace.message(place.id, ts)
        if message.only_for not in ("", person.id):
            raise SlackError("message_not_found")
        return message

    def _front(self, person: Person) -> ModalOrHome:
        stack = self._slack.views.stack(person.id)
        if not stack:
            raise Impossible(f"{person.name} has no modal open.")
        return stack[-1]

    def _home(self, person: Person) -> ModalOrHome:
        if person.id not in self._slack.views.homes:
            raise Impossible("The app has not published a Home yet.")
        return self._slack.views.homes[person.id]

    def _answer(self, place: Channel, person: Person, body: Json) -> None:
        """Show what came with the acknowledgement of a command."""
        try:
            blocks = self._slack.checked_blocks(body["blocks"]) if body.get("blocks") else []
        except SlackError as refusal:
            self._whisper(place, person, f"The app answered with blocks that Slack refuses: {refusal.answer}")
            return
        only_for = "" if body.get("response_type") == "in_channel" else person.id
        self._slack.post(place, BOT_USER, str(body.get("text") or ""), blocks, only_for=only_for)

    def _whisper(self, place: Channel, person: Person, text: str, thread_ts: str = "") -> None:
        """What Slack itself tells one person."""
        self._slack.post(place, SLACKBOT, text, only_for=person.id, thread_ts=thread_ts)

    def _message_event(self, place: Channel, message: Message) -> Json:
        kinds = {"C": "channel", "D": "im", "G": "mpim"}
        shown = payloads.message_shown(self._slack, message)
        return {
            **shown,
            "channel": place.id,
            "channel_type": kinds[place.id[0]],
            "event_ts": message.ts,
            **({"subtype": "file_share"} if message.files else {}),
        }


def told(acknowledged: Acknowledged) -> Json:
    """How an action ended."""
    return {"ok": not acknowledged.problem, "problem": acknowledged.problem}
