"""What stands in inputs: the values that a view or a message begins with, what a person enters, and what is missing.

https://docs.slack.dev/reference/block-kit/block-elements
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any, TypeVar

Json = dict[str, Any]
Values = dict[str, dict[str, Json]]
"""By block_id and action_id, as `view.state.values` has them."""

TEXT_INPUTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
FIELDS = {
    **dict.fromkeys(TEXT_INPUTS, "value"),
    "static_select": "selected_option",
    "radio_buttons": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "file_input": "files",
}
"""Under which name an element's value stands."""

INITIAL = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_conversation": "initial_conversation",
    "selected_conversations": "initial_conversations",
    "selected_channel": "initial_channel",
    "selected_channels": "initial_channels",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
}
Moment = TypeVar("Moment", date, time)
SEVERAL = frozenset(field for field in FIELDS.values() if field.endswith("s"))
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST_TEXT = 3_000

FileShown = Callable[[str], Json]
"""From a file's id to its object."""


class InputError(ValueError):
    """What a person entered cannot stand there; the message is what Slack says below the field."""


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each interactive element with the block that it stands in; a card's count as its carousel's card."""
    for block in blocks:
        match block["type"]:
            case "input":
                yield block, block["element"]
            case "section" if "action_id" in block.get("accessory", {}):
                yield block, block["accessory"]
            case "actions":
                yield from ((block, element) for element in block["elements"])
            case "card":
                yield from ((block, element) for element in block.get("actions", ()))
            case "carousel":
                yield from elements(block["elements"])


def find(blocks: list[Json], action_id: str, block_id: str = "") -> tuple[Json, Json]:
    """A block and its element; without a block_id, the first with that action_id. LookupError if there is none."""
    for block, element in elements(blocks):
        if element["action_id"] == action_id and block_id in ("", block["block_id"]):
            return block, element
    raise LookupError(f"There is no element {action_id!r}{f' in block {block_id!r}' if block_id else ''}.")


def initial(blocks: list[Json], kept: Values | None = None, current: str = "") -> Values:
    """The values to begin with.

    `kept` are those entered before a view was changed: they stay where the same input is still there. `current` is the
    conversation that a person acted in.
    """
    values: Values = {}
    for block, element in elements(blocks):
        field = FIELDS.get(element["type"])
        if field is None:
            continue
        before = (kept or {}).get(block["block_id"], {}).get(element["action_id"])
        if before and before["type"] == element["type"]:
            value = before
        else:
            empty: Any = [] if field in SEVERAL else None
            value = {"type": element["type"], field: element.get(INITIAL.get(field, ""), empty)}
            if current and element.get("default_to_current_conversation") and field == "selected_conversation":
                value[field] = current
        values.setdefault(block["block_id"], {})[element["action_id"]] = value
    return values


def entered(element: Json, given: Any, file: FileShown) -> Json:
    """The value of an element once a person has entered `given`.

    Texts and numbers are given as text, options by their values, people and conversations by their ids, dates as
    "2026-12-01", times as "09:30", dates with times as Unix seconds, files by their ids.

    Raises:
        InputError: if it cannot be entered there.
    """
    kind = element["type"]
    field = FIELDS[kind]
    if given in (None, "", []):
        return {"type": kind, field: [] if field in SEVERAL else None}
    value: Any
    match field:
        case "value":
            value = str(given)
        case "selected_option":
            value = _option(element, given)
        case "selected_options":
            value = [_option(element, one) for one in _several(given)]
        case "files":
            value = [file(str(one)) for one in _several(given)]
        case "selected_date_time":
            value = _whole(given)
        case "selected_date":
            value = _iso(date.fromisoformat, given).isoformat()
        case "selected_time":
            value = f"{_iso(time.fromisoformat, given):%H:%M}"
        case _:
            value = [str(one) for one in _several(given)] if field in SEVERAL else str(given)
    return {"type": kind, field: value}


def chosen(element: Json, values: Values, block_id: str) -> Any:
    """What an element has in it: plain, as a form shows it."""
    field = FIELDS[element["type"]]
    value = values.get(block_id, {}).get(element["action_id"], {}).get(field)
    if field == "selected_option":
        return value["value"] if value else None
    if field == "selected_options":
        return [option["value"] for option in value or []]
    return value


def missing(blocks: list[Json], values: Values) -> dict[str, str]:
    """What Slack itself says below fields before it asks the app: nothing where all may be submitted."""
    wrong = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            value = values[block["block_id"]][element["action_id"]][FIELDS[element["type"]]]
            if value in (None, "", []):
                said = "" if block.get("optional") else "Please complete this required field."
            else:
                said = _unfit(element, value)
            if said:
                wrong[block["block_id"]] = said
    return wrong


def _unfit(element: Json, value: Any) -> str:
    match element["type"]:
        case "number_input":
            return _unfit_number(element, value)
        case "email_text_input" if not EMAIL.fullmatch(value):
            return "This doesn't look like an email address."
        case "url_text_input" if not re.match(r"https?://[^\s/]", value):
            return "This doesn't look like a link."
        case "plain_text_input":
            shortest, longest = element.get("min_length", 0), element.get("max_length", LONGEST_TEXT)
            if len(value) < shortest:
                return f"Enter at least {shortest} characters."
            return f"Enter at most {longest} characters." if len(value) > longest else ""
        case "multi_static_select" | "multi_users_select" | "multi_conversations_select" | "multi_channels_select":
            most = element.get("max_selected_items", len(value))
            return f"Choose at most {most}." if len(value) > most else ""
        case "file_input":
            most = element.get("max_files", 10)
            return f"Add at most {most} files." if len(value) > most else ""
    return ""


def _unfit_number(element: Json, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "Enter a number."
    if not element.get("is_decimal_allowed") and not re.fullmatch(r"[+-]?\d+", value):
        return "Enter a whole number."
    if number < float(element.get("min_value") or "-inf"):
        return f"Enter {element['min_value']} or more."
    if not number <= float(element.get("max_value") or "inf"):
        return f"Enter {element['max_value']} or less."
    return ""


def options(element: Json) -> list[Json]:
    """The options of an element, those in groups too."""
    grouped = [option for group in element.get("option_groups") or () for option in group["options"]]
    return [*(element.get("options") or ()), *grouped]


def _option(element: Json, value: Any) -> Json:
    for option in options(element):
        if option["value"] == str(value):
            return option
    raise InputError(f"There is no option {str(value)[:80]!r}.")


def _several(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _whole(given: Any) -> int:
    try:
        return int(given)
    except (TypeError, ValueError):
        raise InputError(f"{str(given)[:40]!r} is no Unix time.") from None


def _iso(read: Callable[[str], Moment], given: Any) -> Moment:
    try:
        return read(str(given))
    except ValueError:
        raise InputError(f"{str(given)[:40]!r} is no date or time.") from None
