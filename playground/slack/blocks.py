"""Whether blocks are such as Slack takes: by the models of its own SDK, and by the rules that those leave out.

https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import ipaddress
import logging
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, BlockElement, ConfirmObject, Option
from slack_sdk.models.views import View

from playground.slack.errors import SlackError

Json = dict[str, Any]

logging.getLogger("slack_sdk.models").setLevel(logging.ERROR)  # what it skips is refused here, and said aloud

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}

TEXTS = frozenset({"plain_text", "mrkdwn"})
EVERYWHERE = frozenset({"section", "header", "context", "divider", "image", "actions", "input", "rich_text"})
BLOCKS = {
    "message": EVERYWHERE | {"markdown", "carousel", "card"},
    "modal": EVERYWHERE | {"alert"},
    "home": EVERYWHERE | {"carousel", "card"},
}
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
MOST_CARD_ACTIONS = 3

CheckFile = Callable[[str], str]
"""From a file's id or address to what is wrong with showing it, or nothing."""


def check_blocks(blocks: Any, surface: str, check_file: CheckFile, *, card_files: bool = True) -> list[Json]:
    """The blocks with the ids that Slack gives where none are.

    Raises:
        SlackError: `invalid_blocks_format`, or `invalid_blocks` with a message for each thing that is wrong.
    """
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    wrong = list(_count(blocks, surface))
    if not wrong:
        wrong = [
            f"{what} [json-pointer:/blocks{where}]" for where, what in _all(blocks, surface, check_file, card_files)
        ]
    if wrong:
        raise SlackError("invalid_blocks", *wrong)
    return [_with_ids(block) for block in blocks]


def check_view(view: Any, check_file: CheckFile) -> Json:
    """A view with ids in its blocks.

    Raises:
        SlackError: `invalid_arguments`, or as `check_blocks` does.
    """
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        raise SlackError("invalid_arguments", "must provide a view of type modal or home [json-pointer:/view/type]")
    if view["type"] == "modal" and not view.get("title"):
        raise SlackError("invalid_arguments", "missing required field: title [json-pointer:/view]")
    for name in ("title", "submit", "close"):
        if wrong := _text(view.get(name)):
            raise SlackError("invalid_arguments", f"{wrong} [json-pointer:/view/{name}]")
    blocks = check_blocks(view.get("blocks"), view["type"], check_file)
    if view["type"] == "modal" and not view.get("submit") and any(block["type"] == "input" for block in blocks):
        raise SlackError("invalid_arguments", "missing required field: submit [json-pointer:/view]")
    try:
        View(**view).to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError, ValueError) as error:
        raise SlackError("invalid_arguments", f"{error} [json-pointer:/view]") from None
    return {**view, "blocks": blocks}


def _count(blocks: list[Json], surface: str) -> Iterator[str]:
    most = MOST_BLOCKS[surface]
    if len(blocks) > most:
        yield f"no more than {most} items allowed [json-pointer:/blocks]"


def _all(blocks: list[Json], surface: str, check_file: CheckFile, card_files: bool) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        where = f"/{number}"
        yield from ((where + place, what) for place, what in _block(block, surface, check_file, card_files))
        name = block.get("block_id")
        if name in seen:
            yield where + "/block_id", f"`block_id` should be unique; {str(name)[:40]!r} is not"
        if isinstance(name, str):
            seen.add(name)


def _block(block: Json, surface: str, check_file: CheckFile, card_files: bool) -> Iterator[tuple[str, str]]:
    kind = block.get("type")
    if kind not in BLOCKS[surface]:
        yield "/type", f"unsupported type: {str(kind)[:40]}"
        return
    wrong = list(_parts(block, surface, check_file, card_files))
    yield from wrong or _by_model(block)


def _by_model(block: Json) -> Iterator[tuple[str, str]]:
    """What the SDK's models say, after the types of all parts are known: they skip what they do not know."""
    try:
        model = Block.parse(block)
        if model is None:
            yield "/type", "unsupported type"
            return
        model.to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError, ValueError) as error:
        yield "", str(error)
        return
    if unknown := sorted(set(block) - set(model.attributes) - {"type", "block_id"}):
        yield "", f"invalid additional property: {unknown[0][:40]}"


def _parts(block: Json, surface: str, check_file: CheckFile, card_files: bool) -> Iterator[tuple[str, str]]:
    """What is wrong with what a block is made of."""
    kind = block["type"]
    for name in ("text", "label", "hint", "title", "subtitle", "body"):
        if name in block and not (kind == "markdown" and name == "text") and (wrong := _text(block[name])):
            yield f"/{name}", wrong
    match kind:
        case "image":
            yield from _picture(block, check_file)
        case "section":
            for number, text in enumerate(block.get("fields") or ()):
                if wrong := _text(text):
                    yield f"/fields/{number}", wrong
            if "accessory" in block:
                yield from _element(block["accessory"], "/accessory", "section", check_file)
        case "input":
            yield from _element(block.get("element"), "/element", "input", check_file)
            if surface != "modal" and (block.get("element") or {}).get("type") == "file_input":
                yield "/element/type", "file_input is for modals"
        case "actions" | "context":
            yield from _elements(block.get("elements"), "/elements", kind, check_file)
        case "carousel":
            for number, card in enumerate(block.get("elements") or ()):
                if not isinstance(card, dict) or card.get("type") != "card":
                    yield f"/elements/{number}/type", "unsupported type: a carousel holds cards"
                else:
                    for where, what in _block(card, "message", check_file, card_files):
                        yield f"/elements/{number}{where}", what
        case "card":
            for name in ("hero_image", "icon"):
                if name in block:
                    yield from ((f"/{name}{where}", what) for where, what in _picture(block[name], check_file))
                    if not card_files and "slack_file" in block[name]:
                        yield f"/{name}/slack_file", "invalid additional property: slack_file"
            if "actions" in block:
                yield from _elements(block["actions"], "/actions", "card", check_file)
                if len(block["actions"]) > MOST_CARD_ACTIONS:
                    yield "/actions", f"no more than {MOST_CARD_ACTIONS} items allowed"
        case "rich_text":
            yield from _rich(block.get("elements"), "/elements", RICH_TEXT)


def _elements(elements: Any, where: str, kind: str, check_file: CheckFile) -> Iterator[tuple[str, str]]:
    if not isinstance(elements, list) or not elements:
        yield where, "no fewer than 1 items allowed"
        return
    seen: set[str] = set()
    for number, element in enumerate(elements):
        yield from _element(element, f"{where}/{number}", kind, check_file)
        name = element.get("action_id") if isinstance(element, dict) else None
        if name in seen:
            yield f"{where}/{number}/action_id", f"`action_id` {str(name)[:40]!r} already exists for another element"
        if isinstance(name, str):
            seen.add(name)


def _element(element: Any, where: str, kind: str, check_file: CheckFile) -> Iterator[tuple[str, str]]:
    known = element.get("type") if isinstance(element, dict) else None
    if known not in ELEMENTS[kind]:
        yield f"{where}/type", f"unsupported type: {str(known)[:40]}"
        return
    if known in TEXTS:
        if wrong := _text(element):
            yield where, wrong
        return
    if known == "image":
        yield from ((where + place, what) for place, what in _picture(element, check_file))
        return
    for name in ("text", "placeholder"):
        if name in element and (wrong := _text(element[name])):
            yield f"{where}/{name}", wrong
    try:
        model = BlockElement.parse(element)
        if model is None:
            yield f"{where}/type", f"unsupported type: {known}"
            return
        model.to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError, ValueError) as error:
        yield where, str(error)
        return
    for place, option in _options(element):
        if wrong := _option(option):
            yield where + place, wrong
    if "confirm" in element and (wrong := _confirm(element["confirm"])):
        yield f"{where}/confirm", wrong


def _options(element: Json) -> Iterator[tuple[str, Json]]:
    groups = element.get("option_groups") or []
    lists = [("", element.get("options") or [])]
    lists += [(f"/option_groups/{number}", group.get("options") or []) for number, group in enumerate(groups)]
    for where, options in lists:
        yield from ((f"{where}/options/{number}", option) for number, option in enumerate(options))


def _option(option: Any) -> str:
    """What is wrong with an option; the SDK checks those that it made itself only."""
    if not isinstance(option, dict):
        return "must be an option"
    for name in ("text", "description"):
        if wrong := _text(option.get(name)):
            return wrong
    try:
        Option(**option).to_dict("block")
    except (SlackObjectFormationError, TypeError, AttributeError, ValueError) as error:
        return str(error)
    return "" if option.get("text") and option.get("value") else "missing required field: text or value"


def _confirm(confirm: Any) -> str:
    """What is wrong with the dialog that asks whether one is sure."""
    try:
        ConfirmObject(**confirm).to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError, ValueError) as error:
        return str(error)
    return next((wrong for name in ("title", "text", "confirm", "deny") if (wrong := _text(confirm.get(name)))), "")


def _picture(picture: Any, check_file: CheckFile) -> Iterator[tuple[str, str]]:
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


def _text(text: Any) -> str:
    """What is wrong with a text object, if there is one."""
    if text is None:
        return ""
    if not isinstance(text, dict) or text.get("type") not in TEXTS:
        return "unsupported type: a text object is plain_text or mrkdwn"
    if not isinstance(text.get("text"), str) or not text["text"]:
        return "must be more than 0 characters"
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    unknown = sorted(set(text) - allowed)
    return f"invalid additional property: {unknown[0][:40]}" if unknown else ""


def _rich(elements: Any, where: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    if not isinstance(elements, list):
        yield where, "must be a list"
        return
    for number, element in enumerate(elements):
        kind = element.get("type") if isinstance(element, dict) else None
        if kind not in known:
            yield f"{where}/{number}/type", f"unsupported type: {str(kind)[:40]}"
        elif kind in RICH_TEXT:
            inner = frozenset({"rich_text_section"}) if kind == "rich_text_list" else RICH_TEXT_PARTS
            yield from _rich(element.get("elements"), f"{where}/{number}/elements", inner)


def _with_ids(block: Json) -> Json:
    """A copy with a block_id and action_ids, where Slack would make them up."""
    made = {**block, "block_id": block.get("block_id") or secrets.token_hex(3)}
    if block["type"] in ("actions", "context", "carousel"):
        made["elements"] = [_with_ids(e) if e["type"] == "card" else _with_action(e) for e in block["elements"]]
    for name in ("accessory", "element"):
        if name in block:
            made[name] = _with_action(block[name])
    if block["type"] == "card" and "actions" in block:
        made["actions"] = [_with_action(element) for element in block["actions"]]
    return made


def _with_action(element: Json) -> Json:
    if element["type"] in TEXTS or element["type"] == "image" or element.get("action_id"):
        return element
    return {**element, "action_id": secrets.token_hex(3)}
