"""Texts and elements of which all views and messages are built.

Words of people and models are shown as `plain_text` where Slack allows it, and escaped where it does not: `<!channel>`
calls nobody, markdown is not rendered, and characters that turn or hide text are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.records.values import EASEL

Json = dict[str, Any]

SECTION_LENGTH = 3_000
BUTTON_LENGTH = 75
OPTION_LENGTH = 75
CONTEXT_LENGTH = 1_000

HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
"""Zero-width spaces, marks and overrides of direction. The zero-width joiner stays: emoji families need it."""

MARKS = re.compile(r"(?<![A-Za-z0-9])[*_~`]|[*_~`](?![A-Za-z0-9])")
"""What Slack's markdown marks text with, at the beginning or end of a word."""

NETWORK_NAMES = {"x": "X", "linkedin": "LinkedIn"}


def harmless(text: str) -> str:
    """The text without characters that hide or turn others."""
    return HIDDEN.sub("", text)


def escaped(text: str) -> str:
    """The text for a `mrkdwn` object: shown as it is written, calling and linking nothing."""
    shown = harmless(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return MARKS.sub("\u2060\\g<0>\u2060", shown)  # a word joiner beside it, and it marks nothing


def shortened(text: str, length: int) -> str:
    """At most `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def plain(text: str, length: int = SECTION_LENGTH) -> Json:
    """A text object that Slack reads nothing into."""
    return {"type": "plain_text", "text": shortened(harmless(text), length) or " ", "emoji": False}


def label(text: str, length: int = BUTTON_LENGTH) -> Json:
    """A text of our own, with emoji."""
    return {"type": "plain_text", "text": shortened(text, length), "emoji": True}


def marked(text: str) -> Json:
    """A text of our own in Slack's markdown; what people wrote must have been `escaped`."""
    return {"type": "mrkdwn", "text": shortened(text, SECTION_LENGTH), "verbatim": True}


def section(text: Json, accessory: Json | None = None) -> Json:
    """A paragraph."""
    return {"type": "section", "text": text} | ({"accessory": accessory} if accessory else {})


def context(*texts: Json) -> Json:
    """Small print."""
    return {"type": "context", "elements": [text | {"text": shortened(text["text"], CONTEXT_LENGTH)} for text in texts]}


def header(text: str) -> Json:
    """A heading."""
    return {"type": "header", "text": label(text, 150)}


def actions(*elements: Json | None) -> Json:
    """A row of buttons."""
    return {"type": "actions", "elements": [element for element in elements if element]}


def button(text: str, action: str, value: str, *, style: str = "", confirm: Json | None = None, url: str = "") -> Json:
    """A button; `style` is primary or danger."""
    made: Json = {"type": "button", "text": label(text), "action_id": action, "value": value}
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm
    if url:
        made["url"] = url
    return made


def sure(title: str, text: str, yes: str) -> Json:
    """The question before a button that cannot be undone."""
    return {
        "title": label(title, 100),
        "text": label(text, 300),
        "confirm": label(yes, 30),
        "deny": label("Back", 30),
        "style": "danger",
    }


def picture(file: str, alt: str) -> Json:
    """A picture that Slack holds; `alt` is required and at most 2,000 characters."""
    return {"type": "image", "slack_file": {"id": file}, "alt_text": shortened(harmless(alt), 2_000) or "A picture"}


def option(text: str, value: str) -> Json:
    """A choice."""
    return {"text": plain(text, OPTION_LENGTH), "value": value}


def choose(action: str, options: Sequence[Json], chosen: str = "") -> Json:
    """A choice of one."""
    made: Json = {"type": "static_select", "action_id": action, "options": list(options)}
    if initial := next((one for one in options if one["value"] == chosen), None):
        made["initial_option"] = initial
    return made


def field(block: str, name: str, element: Json, *, hint: str = "", optional: bool = False, acts: bool = False) -> Json:
    """One field of a form."""
    made: Json = {"type": "input", "block_id": block, "label": label(name, 2_000), "element": element}
    if hint:
        made["hint"] = label(hint, 2_000)
    return made | ({"optional": True} if optional else {}) | ({"dispatch_action": True} if acts else {})


def text_input(action: str, initial: str = "", *, lines: bool = False, most: int = SECTION_LENGTH) -> Json:
    """A field to write into."""
    made: Json = {"type": "plain_text_input", "action_id": action, "multiline": lines, "max_length": most}
    return made | ({"initial_value": shortened(initial, most)} if initial else {})


def modal(callback: str, title: str, submit: str, blocks: Sequence[Json], metadata: str = "") -> Json:
    """A modal; without `submit` it only shows."""
    made: Json = {
        "type": "modal",
        "callback_id": callback,
        "title": label(title, 24),
        "close": label("Close", 24),
        "blocks": list(blocks),
        "private_metadata": metadata,
    }
    return made | ({"submit": label(submit, 24)} if submit else {})


def who(person: str) -> str:
    """A person as the records name them: a mention of those from Slack, a name of others."""
    kind, _, name = person.partition(":")
    return f"<@{name}>" if kind == "slack" else ("Easel" if person == EASEL else escaped(name or person))


def when(moment: datetime) -> str:
    """A time in the reader's own zone."""
    fallback = f"{moment:%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {{time}}|{fallback}>"


def network_name(network: str, account: str = "") -> str:
    """A network and, where there is one, the account on it."""
    name = NETWORK_NAMES.get(network, network)
    return name if account in ("", "outbox") else f"{name} · {account}"
