"""What the page shows to one person: templates filled with what they see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from playground.slack import inputs
from playground.slack.errors import SlackError
from playground.slack.page import mrkdwn
from playground.slack.page.forms import field_name, local_time
from playground.slack.seeing import messages as messages_seen
from playground.slack.slack import Slack
from playground.slack.workspace import BOT_USER, SLACKBOT, Channel, Person

Json = dict[str, Any]
TEMPLATES = Path(__file__).parent / "templates"


class UnknownPart(LookupError):
    """A block or an element that the page cannot show: to be added to its templates, never skipped."""


class Screen:
    """Fills templates. It remembers what each person has looked at, for the marks of what is new."""

    def __init__(self, slack: Slack, feeds: str) -> None:
        self._slack = slack
        self._feeds = feeds
        self._looked: dict[tuple[str, str], str] = defaultdict(str)
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.globals |= {
            "fail": fail,
            "field_name": field_name,
            "options": inputs.options,
            "chosen": inputs.chosen,
            "local_time": local_time,
            "host": lambda address: urlsplit(address).hostname or "elsewhere",
        }

    def direct(self, person: Person) -> Channel:
        """A person's conversation with the app."""
        return self._slack.workspace.direct([person.id])

    def place(self, person: Person, channel_id: str, thread: str = "") -> str:
        """The whole page, in a conversation."""
        channel = self._channel(person, channel_id)
        if channel is None:
            return self._fill("lost.html", person)
        if thread and thread not in channel.messages:
            thread = ""
        return self._fill("workspace.html", person, place=channel.id, channel=channel, thread=thread, tab="messages")

    def home(self, person: Person) -> str:
        """The whole page, at Home."""
        return self._fill("workspace.html", person, place="home", channel=self.direct(person), thread="", tab="home")

    def sidebar(self, person: Person, place: str) -> str:
        """The conversations alone."""
        return self._fill("sidebar.html", person, place=place)

    def messages(self, person: Person, channel_id: str) -> str:
        """A conversation's messages alone."""
        channel = self._channel(person, channel_id)
        if channel is None:
            return ""
        self._looked[person.id, channel.id] = max(channel.messages, default="")
        return self._fill("messages.html", person, channel=channel, messages=self._seen(channel, person), thread="")

    def thread(self, person: Person, channel_id: str, ts: str) -> str:
        """A thread's messages alone."""
        channel = self._channel(person, channel_id)
        found = [m for m in self._seen(channel, person) if m["ts"] == ts] if channel else []
        shown = [{**found[0], "replies": []}, *found[0]["replies"]] if found else []
        return self._fill("messages.html", person, channel=channel, messages=shown, thread=ts)

    def home_view(self, person: Person) -> str:
        """What stands in Home."""
        view = self._slack.views.homes.get(person.id)
        return self._fill("home.html", person, view=view.shown() if view else None)

    def modal(self, person: Person) -> str:
        """The modal in front."""
        stack = self._slack.views.stack(person.id)
        view = stack[-1] if stack else None
        return self._fill("modal.html", person, view=view, depth=len(stack), shown=view.shown() if view else None)

    def _channel(self, person: Person, channel_id: str) -> Channel | None:
        channel = self._slack.workspace.channels.get(channel_id)
        return channel if channel and person.id in channel.members else None

    def _seen(self, channel: Channel, person: Person) -> list[Json]:
        return messages_seen(self._slack, channel, person.id)

    def _fill(self, template: str, person: Person, **more: Any) -> str:
        workspace = self._slack.workspace
        mine = [channel for channel in workspace.channels.values() if person.id in channel.members]
        return self._templates.get_template(template).render(
            me=person,
            people=[one for one in workspace.people.values() if not one.is_bot],
            channels=[channel for channel in mine if channel.id.startswith("C")],
            directs=[channel for channel in mine if not channel.id.startswith("C")],
            new=[channel.id for channel in mine if self._has_new(channel, person)],
            app=self._slack.manifest,
            app_is_in=self._slack.installation.installed,
            bot_user=BOT_USER,
            feeds=self._feeds,
            name=self._name,
            face=self._face,
            text=lambda item: self._text(item, person),
            mrkdwn=lambda item: mrkdwn.mrkdwn(item, self._name, person.zone),
            markdown=mrkdwn.markdown,
            with_emoji=mrkdwn.with_emoji,
            file=workspace.files.get,
            file_of=self._file_of,
            when=lambda ts, form: f"{datetime.fromtimestamp(float(ts), ZoneInfo(person.zone)):{form}}",
            day=lambda ts: self._day(ts, person),
            date=lambda seconds, form: mrkdwn.date(int(seconds), form, person.zone),
            state=lambda item: (item.get("state") or {}).get("values", {}),
            **more,
        )

    def _has_new(self, channel: Channel, person: Person) -> bool:
        others = [m.ts for m in channel.messages.values() if m.only_for in ("", person.id) and m.user != person.id]
        return bool(others) and max(others) > self._looked[person.id, channel.id]

    def _name(self, some_id: str) -> str:
        """The name of a person or a channel."""
        workspace = self._slack.workspace
        if some_id in workspace.people:
            return workspace.people[some_id].name
        if some_id in workspace.channels:
            channel = workspace.channels[some_id]
            others = [workspace.people[member].name for member in channel.members if member in workspace.people]
            return channel.name if some_id.startswith("C") else ", ".join(others)
        return "Slackbot" if some_id == SLACKBOT else some_id

    def _face(self, some_id: str) -> str:
        """The class that colours somebody's picture."""
        known = self._slack.workspace.people.get(some_id)
        return known.role or "app" if known else "slackbot"

    def _file_of(self, named: Mapping[str, str]) -> Any:
        """The file that a slack_file names, or None once it is gone."""
        try:
            return self._slack.workspace.file(named.get("id") or named.get("url") or "")
        except SlackError:
            return None

    def _text(self, item: Mapping[str, Any], person: Person) -> Markup:
        if item["type"] == "plain_text":
            return mrkdwn.plain(item["text"])
        return mrkdwn.mrkdwn(item["text"], self._name, person.zone)

    def _day(self, ts: str, person: Person) -> str:
        zone = ZoneInfo(person.zone)
        day, today = datetime.fromtimestamp(float(ts), zone).date(), datetime.now(zone).date()
        return "Today" if day == today else f"{day:%A, %B} {day.day}"


def fail(what: str) -> NoReturn:
    """Loudly."""
    raise UnknownPart(what)
