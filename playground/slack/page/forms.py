"""Fields of the page's forms: named by block and action, and read back as what a person entered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData, UploadFile

from playground.slack.inputs import FIELDS, SEVERAL, elements

Json = dict[str, Any]
Upload = Callable[[str, bytes], str]
"""From a file's name and bytes to its id."""


def field_name(block_id: str, action_id: str) -> str:
    """The name of an element's field, in letters that every browser sends as they are."""
    return f"{quote(block_id, safe='')}/{quote(action_id, safe='')}"


async def values_of(form: FormData, blocks: list[Json], zone: str, upload: Upload) -> Json:
    """What stands in a form, by block_id and action_id, for `People.submit`. Files left alone stay."""
    values: Json = {}
    for block, element in elements(blocks):
        if element["type"] not in FIELDS:
            continue
        given = form.getlist(field_name(block["block_id"], element["action_id"]))
        value: Any = [item.replace("\r\n", "\n") for item in given if isinstance(item, str)]
        if element["type"] == "file_input":
            files = [item for item in given if isinstance(item, UploadFile) and item.filename]
            if not files:
                continue
            value = [upload(str(file.filename), await file.read()) for file in files]
        elif FIELDS[element["type"]] not in SEVERAL:
            value = value[-1] if value else None
            if element["type"] == "datetimepicker":
                value = unix_time(value, zone)
        values.setdefault(block["block_id"], {})[element["action_id"]] = value
    return values


def unix_time(text: str | None, zone: str) -> int | None:
    """Unix seconds of a browser's local date and time, which is meant in the person's zone."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) if text else None


def local_time(seconds: int | None, zone: str) -> str:
    """The other way: what a browser's field takes."""
    return datetime.fromtimestamp(seconds, ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if seconds else ""
