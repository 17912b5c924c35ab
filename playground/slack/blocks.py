"""Whether blocks are such as Slack takes: by the models of its own SDK, and by the rules that those leave out.

https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from playground.slack.errors import SlackError
from playground.slack.parts import (
    MALFORMED,
    RICH_TEXT,
    TEXTS,
    CheckFile,
    check_element,
    check_elements,
    check_picture,
    check_rich,
    check_text,
    kind_of,
    listed,
)
from playground.slack.shapes import check_shapes, without_nulls

Json = dict[str, Any]

logging.getLogger("slack_sdk.models").setLevel(logging.ERROR)  # what it skips is refused here, and said aloud

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}

EVERYWHERE = frozenset({"section", "header", "context", "divider", "image", "actions", "input", "rich_text"})
BLOCKS = {
    "message": EVERYWHERE | {"markdown", "carousel", "card"},
    "modal": EVERYWHERE | {"alert"},
    "home": EVERYWHERE | {"carousel", "card"},
}
MOST_CARD_ACTIONS = 3


def check_blocks(blocks: Any, surface: str, check_file: CheckFile, *, card_files: bool = True) -> list[Json]:
    """The blocks with the ids that Slack gives where none are.

    Raises:
        SlackError: `invalid_blocks_format`, or `invalid_blocks` with a message for each thing that is wrong.
    """
    blocks = without_nulls(blocks)
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    wrong = list(_count(blocks, surface)) or [
        f"{what} [json-pointer:/blocks{where}]" for where, what in check_shapes(blocks)
    ]
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
    view = without_nulls(view)
    if kind_of(view) not in ("modal", "home"):
        raise SlackError("invalid_arguments", "must provide a view of type modal or home [json-pointer:/view/type]")
    if view["type"] == "modal" and not view.get("title"):
        raise SlackError("invalid_arguments", "missing required field: title [json-pointer:/view]")
    for name in ("title", "submit", "close"):
        if wrong := check_text(view.get(name)):
            raise SlackError("invalid_arguments", f"{wrong} [json-pointer:/view/{name}]")
    blocks = check_blocks(view.get("blocks"), view["type"], check_file)
    if view["type"] == "modal" and not view.get("submit") and any(block["type"] == "input" for block in blocks):
        raise SlackError("invalid_arguments", "missing required field: submit [json-pointer:/view]")
    try:
        View(**view).to_dict()
    except MALFORMED as error:
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
        if isinstance(name, str) and name in seen:
            yield where + "/block_id", f"`block_id` should be unique; {name[:40]!r} is not"
        elif isinstance(name, str):
            seen.add(name)


def _block(block: Json, surface: str, check_file: CheckFile, card_files: bool) -> Iterator[tuple[str, str]]:
    if (kind := kind_of(block)) not in BLOCKS[surface]:
        yield "/type", f"unsupported type: {kind[:40]}"
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
    except MALFORMED as error:
        yield "", str(error)
        return
    if unknown := sorted(set(block) - set(model.attributes) - {"type", "block_id"}):
        yield "", f"invalid additional property: {unknown[0][:40]}"


def _parts(block: Json, surface: str, check_file: CheckFile, card_files: bool) -> Iterator[tuple[str, str]]:
    """What is wrong with what a block is made of."""
    kind = block["type"]
    for name in ("text", "label", "hint", "title", "subtitle", "body"):
        if name in block and not (kind == "markdown" and name == "text") and (wrong := check_text(block[name])):
            yield f"/{name}", wrong
    match kind:
        case "image":
            yield from check_picture(block, check_file)
        case "markdown" if not isinstance(block.get("text"), str):
            yield "/text", "must be a str"
        case "section":
            for number, text in enumerate(listed(block.get("fields"))):
                if wrong := check_text(text or {}):
                    yield f"/fields/{number}", wrong
            if "accessory" in block:
                yield from check_element(block["accessory"], "/accessory", "section", check_file)
        case "input":
            yield from check_element(block.get("element"), "/element", "input", check_file)
            if surface != "modal" and kind_of(block.get("element")) == "file_input":
                yield "/element/type", "file_input is for modals"
        case "actions" | "context":
            yield from check_elements(block.get("elements"), "/elements", kind, check_file)
        case "carousel":
            for number, card in enumerate(listed(block.get("elements"))):
                if kind_of(card) != "card":
                    yield f"/elements/{number}/type", "unsupported type: a carousel holds cards"
                else:
                    for where, what in _block(card, "message", check_file, card_files):
                        yield f"/elements/{number}{where}", what
        case "card":
            for name in ("hero_image", "icon"):
                if name in block:
                    yield from ((f"/{name}{where}", what) for where, what in check_picture(block[name], check_file))
                    if not card_files and "slack_file" in block[name]:
                        yield f"/{name}/slack_file", "invalid additional property: slack_file"
            if "actions" in block:
                yield from check_elements(block["actions"], "/actions", "card", check_file)
                if len(listed(block["actions"])) > MOST_CARD_ACTIONS:
                    yield "/actions", f"no more than {MOST_CARD_ACTIONS} items allowed"
        case "rich_text":
            yield from check_rich(block.get("elements"), "/elements", RICH_TEXT)


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
