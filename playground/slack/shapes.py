"""What may stand where in blocks at all, before anybody asks what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

STRINGS = "type block_id action_id alt_text value url image_url id user_id channel_id name range initial_value level"
LISTS = "elements options option_groups fields initial_options"
OBJECTS = "element accessory confirm slack_file hero_image icon initial_option placeholder label hint"
SHAPES: dict[str, type] = {
    **dict.fromkeys(STRINGS.split(), str),
    **dict.fromkeys(LISTS.split(), list),
    **dict.fromkeys(OBJECTS.split(), dict),
}
SURROGATE = re.compile("[\ud800-\udfff]")


def without_nulls(value: Any) -> Any:
    """The same without what is null: to Slack, as if it were not there."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def check_shapes(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Where something stands that can never stand there: a list for a name, a number for an object."""
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(item, SHAPES.get(name, object)):
                yield f"{where}/{name}", f"must be a {SHAPES[name].__name__}"
            else:
                yield from check_shapes(item, f"{where}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from check_shapes(item, f"{where}/{number}")
    elif isinstance(value, str) and SURROGATE.search(value):
        yield where, "must be UTF-8"
