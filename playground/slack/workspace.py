"""The workspace: its people, channels, messages and files."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from playground.slack.errors import SlackError

Json = dict[str, Any]

TEAM = {"id": "T0PLAYGROUND", "name": "Playground", "domain": "playground"}
APP_ID = "A0EASELAPP"
BOT_ID = "B0EASELBOT"
BOT_USER = "U0EASELBOT"
SLACKBOT = "USLACKBOT"
LETTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Person:
    """Someone in the workspace; `role` is what they are in the playground's story."""

    id: str
    handle: str
    name: str
    title: str
    zone: str
    role: str = ""
    is_bot: bool = False

    def shown(self) -> Json:
        """A user object."""
        offset = datetime.now(ZoneInfo(self.zone)).utcoffset()
        profile = {"real_name": self.name, "display_name": self.handle, "title": self.title}
        return {
            "id": self.id,
            "team_id": TEAM["id"],
            "name": self.handle,
            "deleted": False,
            "real_name": self.name,
            "tz": self.zone,
            "tz_label": self.zone.replace("_", " "),
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "profile": profile | ({"bot_id": BOT_ID, "api_app_id": APP_ID} if self.is_bot else {}),
            "is_admin": self.role == "approver",
            "is_owner": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
        }


PEOPLE = (
    Person("U0REQUESTER", "ana", "Ana Reyes", "Social media", "Europe/Madrid", "requester"),
    Person("U0APPROVER", "ben", "Ben Okafor", "Head of brand", "America/New_York", "approver"),
    Person("U0OUTSIDER", "mira", "Mira Sato", "Visiting from sales", "Asia/Tokyo", "outsider"),
    Person(BOT_USER, "easel", "Easel", "Paints your posts", "Etc/UTC", is_bot=True),
)


@dataclass
class File:
    """A picture or document in the workspace; it can be shown from `ready_at` on."""

    id: str
    owner: str
    name: str
    title: str = ""
    alt: str = ""
    data: bytes = b""
    length: int = 0
    created: int = 0
    ready_at: float = float("inf")
    channels: dict[str, str] = field(default_factory=dict)  # where it was shared, with the message's ts
    given_to_app: bool = False  # handed over in a modal's file input

    @property
    def is_ready(self) -> bool:
        """Whether Slack is done with it."""
        return time.time() >= self.ready_at


@dataclass
class Message:
    """A message, seen by all of its channel, or by one person (`only_for`)."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    only_for: str = ""
    edited_ts: str = ""
    files: list[str] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    state: dict[str, Json] = field(default_factory=dict)  # what was chosen in its inputs, by block and action

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread, below another."""
        return bool(self.thread_ts) and self.thread_ts != self.ts


@dataclass
class Channel:
    """A channel (C), a direct message (D) or a group of several people (G)."""

    id: str
    name: str
    members: list[str]
    topic: str = ""
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def is_direct(self) -> bool:
        """Whether it is between two."""
        return self.id.startswith("D")

    def shown(self) -> Json:
        """A conversation object."""
        kinds = {"is_channel": "C", "is_im": "D", "is_mpim": "G"}
        flags = {kind: self.id.startswith(letter) for kind, letter in kinds.items()}
        direct = {"user": next((m for m in self.members if m != BOT_USER), BOT_USER)} if self.is_direct else {}
        return {
            "id": self.id,
            "name": self.name,
            **flags,
            **direct,
            "is_private": not flags["is_channel"],
            "is_archived": False,
            "is_member": BOT_USER in self.members,
            "num_members": len(self.members),
            "topic": {"value": self.topic},
            "context_team_id": TEAM["id"],
        }


class Workspace:
    """All that is remembered, in memory. Times are message timestamps, each given out once."""

    def __init__(self) -> None:
        self.people = {person.id: person for person in PEOPLE}
        humans = [person.id for person in PEOPLE if not person.is_bot]
        self.channels = {
            "C0LAUNCHES": Channel("C0LAUNCHES", "launches", [*humans, BOT_USER], "What goes out, and when"),
            "C0RANDOM": Channel("C0RANDOM", "random", list(humans), "Easel is not in this channel"),
        }
        for person in humans:
            self.channels[f"D0{person[2:]}"] = Channel(f"D0{person[2:]}", "directmessage", [person, BOT_USER])
        self.files: dict[str, File] = {}
        self._latest = 0

    def ts(self) -> str:
        """The present as a timestamp that no other message has."""
        self._latest = max(self._latest + 1, time.time_ns() // 1_000)
        return f"{self._latest // 1_000_000}.{self._latest % 1_000_000:06d}"

    def id(self, letter: str) -> str:
        """A new id of that kind, F for files, V for views and so on: no other workspace ever had it either."""
        return f"{letter}0{''.join(secrets.choice(LETTERS) for _ in range(9))}"

    def person(self, name: str) -> Person:
        """By id, handle or role."""
        for person in self.people.values():
            if name and name in (person.id, person.handle, person.role):
                return person
        raise SlackError("user_not_found")

    def channel(self, name: str) -> Channel:
        """By id; a person's id means the app's direct message with them."""
        if name in self.people and name != BOT_USER:
            return self.direct([name])
        if name not in self.channels:
            raise SlackError("channel_not_found")
        return self.channels[name]

    def direct(self, others: Iterable[str]) -> Channel:
        """The app's conversation with these people, which is begun where there is none."""
        members = [*dict.fromkeys(others), BOT_USER]
        if unknown := [member for member in members if member not in self.people]:
            raise SlackError("user_not_found", f"unknown user {unknown[0][:40]}")
        for channel in self.channels.values():
            if not channel.id.startswith("C") and set(channel.members) == set(members):
                return channel
        handles = "--".join(self.people[member].handle for member in members)
        made = Channel(self.id("G"), f"mpdm-{handles}-1", members)
        self.channels[made.id] = made
        return made

    def message(self, channel: str, ts: str) -> Message:
        """A message that is still there."""
        found = self.channel(channel).messages.get(ts)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def file(self, id_or_url: str) -> File:
        """By id, by its private address or by its permalink."""
        for file in self.files.values():
            if id_or_url == file.id or f"/{file.id}/" in id_or_url:
                return file
        raise SlackError("file_not_found")

    def replies(self, message: Message) -> list[Message]:
        """What everybody sees below a message."""
        channel = self.channels[message.channel]
        return [m for m in channel.messages.values() if m.is_reply and m.thread_ts == message.ts and not m.only_for]
