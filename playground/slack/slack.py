"""The local Slack as a whole: the workspace, the app in it, and what goes back and forth between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from playground.journal import Journal
from playground.pictures import picture_facts
from playground.slack.blocks import check_blocks
from playground.slack.credentials import Credentials, Installation
from playground.slack.delivery import Delivery
from playground.slack.envelope import enveloped
from playground.slack.errors import SlackError
from playground.slack.inputs import initial
from playground.slack.limits import Limits
from playground.slack.manifest import Manifest
from playground.slack.modals import Views
from playground.slack.settings import Settings
from playground.slack.tickets import Answer, Tickets
from playground.slack.workspace import BOT_USER, Channel, File, Message, Workspace

Json = dict[str, Any]
SHOWN_KINDS = ("png", "jpeg", "gif")


class Slack:
    """Everything that a method of the Web API or an action of a person may need. All of it lives on one event loop."""

    def __init__(
        self, *, manifest: Manifest, credentials: Credentials, settings: Settings, journal: Journal, address: str = ""
    ) -> None:
        self.manifest = manifest
        self.credentials = credentials
        self.settings = settings
        self.journal = journal
        self.address = address
        self.delivery = Delivery(credentials, settings, journal)
        self.version = 0
        self.note: Callable[[str, str, Json], None] = lambda do, who, what: None
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget everything that people and the app did; connections and settings stay."""
        self.workspace = Workspace()
        self.views = Views(self.workspace)
        self.tickets = Tickets(self.settings)
        self.limits = Limits()
        self.installation = Installation()
        self.journal.forget()
        self.touch()

    def touch(self) -> None:
        """Note that something on the screen may have changed."""
        self.version += 1

    def tell(self, event: Json) -> None:
        """Send an event to the app, if it is there and asked for such events."""
        if self.installation.installed and self.manifest.hears(event):
            token, event_id = self.credentials.verification_token, self.workspace.id("Ev")
            self.delivery.tell(enveloped(event, token, event_id))

    def post(
        self,
        channel: Channel,
        user: str,
        text: str,
        blocks: list[Json] | None = None,
        *,
        thread_ts: str = "",
        only_for: str = "",
        files: list[str] | None = None,
        metadata: Json | None = None,
    ) -> Message:
        """Put a message into a channel."""
        message = Message(
            self.workspace.ts(),
            channel.id,
            user,
            text,
            blocks or [],
            thread_ts=thread_ts,
            only_for=only_for,
            files=files or [],
            metadata=metadata or {},
            state=initial(blocks or []),
        )
        channel.messages[message.ts] = message
        self.touch()
        return message

    def checked_blocks(self, blocks: Any) -> list[Json]:
        """Blocks that a message may show, or SlackError."""
        return check_blocks(blocks, "message", self.what_hinders, card_files=self.settings.card_files)

    def what_hinders(self, name: str) -> str:
        """Why a file cannot be shown in a block, or nothing."""
        try:
            file = self.workspace.file(name)
        except SlackError:
            return "invalid slack file"
        facts = picture_facts(file.data)
        fit = self.can_read(file) and file.is_ready and facts is not None and facts[0] in SHOWN_KINDS
        return "" if fit else "invalid slack file"

    def can_read(self, file: File) -> bool:
        """Whether the app may open a file."""
        return file.owner == BOT_USER or file.given_to_app or any(self._is_in(channel) for channel in file.channels)

    def response_url(self, answer: Answer) -> str:
        """An address at which the app may answer an interaction."""
        return self.address + self.tickets.answer_path(answer)

    def answer(self, channel: str, person: str, ts: str = "", thread_ts: str = "") -> Answer:
        """What a response_url stands for."""
        return Answer(channel, person, time.monotonic(), ts, thread_ts)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something after a while."""
        asyncio.get_running_loop().call_later(seconds, act)

    def _is_in(self, channel: str) -> bool:
        return BOT_USER in self.workspace.channels[channel].members
