"""What is taken out of Slack's payloads. A payload without what Slack promises is not acted on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.errors import Misuse
from bot.records import Records
from bot.slack.inbox import Asked

Json = Mapping[str, Any]

LONGEST_ID = 200
USER = re.compile(r"[UW][A-Z0-9]{2,31}")
POST_VALUE = re.compile(r"(post_[0-9a-f]{12}):([0-9]{1,15})(?::([0-9]{1,4}))?")
PUBLICATION_VALUE = re.compile(r"(pub_[0-9a-f]{12}):([0-9]{1,9})")
OLD_BUTTON = "This button is of an older message; use the newest one."


class Malformed(ValueError):
    """A payload that Slack would not send."""


def text_at(payload: Json, *path: str, needed: bool = True) -> str:
    """The text at a path; empty where there is none and none is needed.

    Raises:
        Malformed: if it is needed and not there, or is no text, or is far too long.
    """
    value: Any = payload
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_ID * 20 or (needed and not value):
        raise Malformed("/".join(path))
    return value


def id_at(payload: Json, *path: str, needed: bool = True) -> str:
    """A short text at a path, as for `text_at`."""
    value = text_at(payload, *path, needed=needed)
    if len(value) > LONGEST_ID or not value.isprintable():
        raise Malformed("/".join(path))
    return value


def user_at(payload: Json, *path: str) -> str:
    """A member id at a path."""
    value = id_at(payload, *path)
    if not USER.fullmatch(value):
        raise Malformed("/".join(path))
    return value


def team_of(payload: Json) -> str:
    """The workspace that a payload comes from."""
    return id_at(payload, "team_id", needed=False) or id_at(payload, "team", "id", needed=False)


def asked_by_action(kind: str, payload: Json, action: Json) -> Asked:
    """A click on a button, or a choice in a menu, of a message or a view."""
    user = user_at(payload, "user", "id")
    value = id_at(action, "value", needed=False) or id_at(action, "selected_option", "value", needed=False)
    view = payload.get("view") if isinstance(payload.get("view"), Mapping) else None
    body = {
        "user": user,
        "value": value,
        "channel": id_at(payload, "channel", "id", needed=False),
        "ts": id_at(payload, "container", "message_ts", needed=False),
        "trigger": id_at(payload, "trigger_id", needed=False),
        "response_url": text_at(payload, "response_url", needed=False),
        "view": kept_view(view) if view else None,
    }
    key = f"{kind}:{user}:{id_at(action, 'action_ts')}:{value}"
    return Asked(key[:256], kind, team_of(payload), user, body)


def kept_view(view: Json) -> dict[str, Any]:
    """What is kept of a view: which it is, what it knows, what is filled in."""
    return {
        "id": id_at(view, "id"),
        "hash": id_at(view, "hash", needed=False),
        "kind": id_at(view, "type", needed=False),
        "metadata": metadata_of(view),
        "values": values_of(view),
    }


def values_of(view: Json) -> dict[str, Any]:
    """The state of a view's fields: {block: {action: state}}."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    if values is None:
        return {}
    if not isinstance(values, Mapping) or not all(
        isinstance(block, Mapping) and all(is_filled(one) for one in block.values()) for block in values.values()
    ):
        raise Malformed("view/state/values")
    return {str(name): dict(block) for name, block in values.items()}


def is_filled(state: object) -> bool:
    """Whether this is the state of a field as Slack words it."""
    if not isinstance(state, Mapping):
        return False
    chosen = state.get("selected_options") or []
    one = state.get("selected_option") or {}
    return (
        isinstance(chosen, list)
        and all(isinstance(item, Mapping) and isinstance(item.get("value"), str) for item in chosen)
        and isinstance(one, Mapping)
        and isinstance(one.get("value", ""), str)
        and isinstance(state.get("value") or "", str)
        and isinstance(state.get("selected_conversation") or "", str)
        and isinstance(state.get("selected_date_time") or 0, int)
        and isinstance(state.get("selected_users") or [], list)
        and all(isinstance(user, str) for user in state.get("selected_users") or [])
    )


def metadata_of(view: Json) -> dict[str, Any]:
    """What we noted on a view when it was opened."""
    text = text_at(view, "private_metadata", needed=False)
    if not text:
        return {}
    try:
        metadata = json.loads(text)
    except ValueError:
        raise Malformed("view/private_metadata") from None
    if not isinstance(metadata, dict):
        raise Malformed("view/private_metadata")
    return metadata


def post_in(value: str) -> tuple[str, int, int]:
    """The post, its version and the candidate's number (0 for none) in a button's value.

    Raises:
        Misuse: if it names no post.
    """
    match = POST_VALUE.fullmatch(value)
    if not match:
        raise Misuse(OLD_BUTTON)
    return match[1], int(match[2]), int(match[3] or 0)


def publication_in(value: str) -> tuple[str, int]:
    """The publication and its attempt in a button's value.

    Raises:
        Misuse: if it names no publication.
    """
    match = PUBLICATION_VALUE.fullmatch(value)
    if not match:
        raise Misuse(OLD_BUTTON)
    return match[1], int(match[2])


def place_of(records: Records, body: Json) -> tuple[str, str]:
    """The channel and thread in which the person who asked looks: where they clicked, else where the post is shown.

    Empty for a click on Home, and where neither is known.
    """
    view, channel = body.get("view") or {}, str(body.get("channel") or "")
    if channel or view.get("kind") == "home":
        return channel, str(body.get("thread") or "")
    ref = str(body.get("post") or view.get("metadata", {}).get("post") or body.get("value") or "")
    try:
        post_id = (
            records.publication(ref.partition(":")[0]).post_id if ref.startswith("pub_") else ref.partition(":")[0]
        )
    except Misuse:  # no such publication
        return "", ""
    thread = records.thread(post_id)
    return (thread.channel, thread.thread_ts or "") if thread else ("", "")
