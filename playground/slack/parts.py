"""Whether the parts of blocks are such as Slack takes: elements, pictures, texts and rich text.

Each check yields where something is wrong, as a JSON pointer, and what.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import BlockElement, ConfirmObject, Option

Json = dict[str, Any]

TEXTS = frozenset({"plain_text", "mrkdwn"})
BUTTONS = frozenset({"button", "overflow"})
CHOICES = frozenset(
    f"{several}{what}"
    for several in ("", "multi_")
    for what in ("static_select", "users_select", "conversations_select", "channels_select")
) | {"checkboxes", "radio_buttons", "datepicker", "timepicker"}
ENTRIES = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "file_input"})
ELEMENTS = {
    "section": BUTTONS | CHOICES | {"image"},
    "actions": BUTTONS | CHOICES | {"datetimepicker"},
    "input": CHOICES | ENTRIES | {"datetimepicker"},
    "context": TEXTS | {"image"},
    "card": BUTTONS,
}
RICH_TEXT = frozenset({"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"})
RICH_TEXT_PARTS = frozenset(
    {"text", "link", "emoji", "user", "channel", "broadcast", "date", "color", "usergroup", "team"}
)

MALFORMED = (SlackObjectFormationError, TypeError, AttributeError, ValueError, LookupError)
"""What the SDK's models raise at things that they were never meant for."""

CheckFile = Callable[[str], str]
"""From a file's id or address to what is wrong with showing it, or nothing."""


def check_elements(elements: Any, where: str, kind: str, check_file: CheckFile) -> Iterator[tuple[str, str]]:
    """What is wrong with the elements of a block of that kind."""
    if not isinstance(elements, list) or not elements:
        yield where, "no fewer than 1 items allowed"
        return
    seen: set[str] = set()
    for number, element in enumerate(elements):
        yield from check_element(element, f"{where}/{number}", kind, check_file)
        name = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(name, str) and name in seen:
            yield f"{where}/{number}/action_id", f"`action_id` {name[:40]!r} already exists for another element"
        elif isinstance(name, str):
            seen.add(name)


def check_element(element: Any, where: str, kind: str, check_file: CheckFile) -> Iterator[tuple[str, str]]:
    """What is wrong with one element in a block of that kind."""
    if (known := kind_of(element)) not in ELEMENTS[kind]:
        yield f"{where}/type", f"unsupported type: {known[:40]}"
        return
    if known in TEXTS:
        if wrong := check_text(element):
            yield where, wrong
        return
    if known == "image":
        yield from ((where + place, what) for place, what in check_picture(element, check_file))
        return
    for name in ("text", "placeholder"):
        if name in element and (wrong := check_text(element[name])):
            yield f"{where}/{name}", wrong
    try:
        model = BlockElement.parse(element)
        if model is None:
            yield f"{where}/type", f"unsupported type: {known}"
            return
        model.to_dict()
    except MALFORMED as error:
        yield where, str(error)
        return
    for number, group in enumerate(listed(element.get("option_groups"))):
        if not isinstance(group, dict) or not listed(group.get("options")):
            yield f"{where}/option_groups/{number}", "missing required field: options"
    for place, option in _options(element):
        if wrong := _option(option):
            yield where + place, wrong
    if "confirm" in element and (wrong := _confirm(element["confirm"])):
        yield f"{where}/confirm", wrong


def _options(element: Json) -> Iterator[tuple[str, Json]]:
    groups = [group if isinstance(group, dict) else {} for group in listed(element.get("option_groups"))]
    lists = [("", element), *((f"/option_groups/{number}", group) for number, group in enumerate(groups))]
    for where, holder in lists:
        for number, option in enumerate(listed(holder.get("options"))):
            yield f"{where}/options/{number}", option


def _option(option: Any) -> str:
    """What is wrong with an option; the SDK checks those that it made itself only."""
    if not isinstance(option, dict):
        return "must be an option"
    for name in ("text", "description"):
        if wrong := check_text(option.get(name)):
            return wrong
    try:
        Option(**option).to_dict("block")
    except MALFORMED as error:
        return str(error)
    return "" if option.get("text") and option.get("value") else "missing required field: text or value"


def _confirm(confirm: Any) -> str:
    """What is wrong with the dialog that asks whether one is sure."""
    try:
        ConfirmObject(**confirm).to_dict()
    except MALFORMED as error:
        return str(error)
    parts = {name: confirm.get(name) for name in ("title", "text", "confirm", "deny")}
    return next(
        (
            check_text(part) if part else f"missing required field: {name}"
            for name, part in parts.items()
            if not part or check_text(part)
        ),
        "",
    )


def check_picture(picture: Any, check_file: CheckFile) -> Iterator[tuple[str, str]]:
    """What is wrong with an image, a block or an element."""
    if not isinstance(picture, dict):
        yield "", "must be an image"
        return
    if not isinstance(picture.get("alt_text"), str) or not picture["alt_text"]:
        yield "", "missing required field: alt_text"
    if ("image_url" in picture) == ("slack_file" in picture):
        yield "", "must provide either image_url or slack_file"
    elif "slack_file" in picture:
        named = picture["slack_file"]
        name = (named.get("id") or named.get("url") or "") if isinstance(named, dict) else ""
        if wrong := check_file(str(name)):
            yield "/slack_file", wrong
    elif not _is_public(str(picture["image_url"])):
        yield "/image_url", "downloading image failed"  # Slack fetches it, and cannot reach what is not public


def _is_public(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    try:
        return parts.scheme in ("http", "https") and ipaddress.ip_address(host).is_global
    except ValueError:
        return parts.scheme in ("http", "https") and "." in host and not host.endswith((".local", ".internal"))


def check_text(text: Any) -> str:
    """What is wrong with a text object, if there is one."""
    if text is None:
        return ""
    if kind_of(text) not in TEXTS:
        return "unsupported type: a text object is plain_text or mrkdwn"
    if not isinstance(text.get("text"), str) or not text["text"]:
        return "must be more than 0 characters"
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    unknown = sorted(set(text) - allowed)
    return f"invalid additional property: {unknown[0][:40]}" if unknown else ""


def check_rich(elements: Any, where: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with rich text."""
    if not isinstance(elements, list):
        yield where, "must be a list"
        return
    for number, element in enumerate(elements):
        if (kind := kind_of(element)) not in known:
            yield f"{where}/{number}/type", f"unsupported type: {kind[:40]}"
        elif kind in RICH_TEXT:
            inner = frozenset({"rich_text_section"}) if kind == "rich_text_list" else RICH_TEXT_PARTS
            yield from check_rich(element.get("elements"), f"{where}/{number}/elements", inner)


def kind_of(item: Any) -> str:
    """The type that a thing says it is of; nothing where it says none."""
    kind = item.get("type") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) else ""


def listed(items: Any) -> list[Any]:
    """A list, or an empty one for what is none: the models refuse that."""
    return items if isinstance(items, list) else []
