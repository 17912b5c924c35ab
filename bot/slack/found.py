"""Finding what was posted although nobody noted it: a process died, or Slack's answer was lost, in between."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

EVENT = "easel_message"
"""What the metadata of Easel's messages is called: it names the message, and only apps see it."""

SKEW_SECONDS = 600.0
"""How far this machine's clock may be from Slack's; `easel doctor` warns long before."""

PAGE, MOST_PAGES = 100, 10
"""Messages on a page, and pages looked at: far more than come in the moment between posting and noting."""

PASSING = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""Slack's words for what may work the next time; any other refusal stays one."""

log = logging.getLogger("easel.slack")


def digest(said: Sequence[Any]) -> str:
    """What a message says, in short."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def tag(key: str) -> dict[str, Any]:
    """The metadata by which a message is found again."""
    return {"event_type": EVENT, "event_payload": {"key": key}}


async def find_message(
    client: AsyncWebClient, user: str, channel: str, thread_ts: str | None, key: str, since: float
) -> str | None:
    """The timestamp of a user's message with this key, posted after `since` (Unix seconds); None if there is none.

    Looking needs a scope that a workspace may decline (`channels:history` and its like): then there is none, too.

    Raises:
        SlackApiError: if Slack cannot say now, but may be able to later.
    """
    wanted: dict[str, Any] = {"channel": channel, "oldest": f"{since - SKEW_SECONDS:.6f}", "limit": PAGE}
    cursor = ""
    for _ in range(MOST_PAGES):
        asked = {**wanted, "cursor": cursor or None, "include_all_metadata": True}
        try:
            if thread_ts:
                page = await client.conversations_replies(ts=thread_ts, **asked)
            else:
                page = await client.conversations_history(**asked)
        except SlackApiError as error:
            refuse_passing(error)
            return None
        for message in page["messages"]:
            if message.get("user") == user and key_of(message) == key:
                return str(message["ts"])
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return None


def key_of(message: Mapping[str, Any]) -> str | None:
    """The key in a message's metadata; None if it is not one of Easel's."""
    metadata = message.get("metadata") or {}
    return metadata.get("event_payload", {}).get("key") if metadata.get("event_type") == EVENT else None


async def find_files(client: AsyncWebClient, user: str, names: Sequence[str], since: float) -> list[str]:
    """Slack's ids of the files that a user uploaded under these names after `since`; empty if one is not there.

    Raises:
        SlackApiError: if Slack cannot say now, but may be able to later.
    """
    try:
        answer = await client.files_list(user=user, ts_from=f"{since - SKEW_SECONDS:.0f}", count=PAGE)
    except SlackApiError as error:
        refuse_passing(error)
        return []
    ids = {str(file.get("name")): str(file["id"]) for file in answer["files"]}
    return [ids[name] for name in names] if ids.keys() >= set(names) else []


def refuse_passing(error: SlackApiError) -> None:
    """Raise `error` if it may pass; else it means that nobody can look, and is only noted."""
    why = error.response.get("error")
    if why in PASSING:
        raise error
    log.info("What was posted cannot be looked for: Slack said %s", why)
