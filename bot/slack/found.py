"""Finding what was posted although nobody noted it: a process died, or Slack's answer was lost, in between."""

from __future__ import annotations

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

log = logging.getLogger("easel.slack")


def tag(key: str) -> dict[str, Any]:
    """The metadata by which a message is found again."""
    return {"event_type": EVENT, "event_payload": {"key": key}}


async def find_message(
    client: AsyncWebClient, channel: str, thread_ts: str | None, key: str, since: float
) -> str | None:
    """The timestamp of the message with this key, posted after `since` (Unix seconds); None if there is none.

    Looking needs a scope that a workspace may decline (`channels:history` and its like): then there is none, too.
    """
    oldest = f"{since - SKEW_SECONDS:.6f}"
    cursor = ""
    for _ in range(MOST_PAGES):
        wanted: dict[str, Any] = {
            "oldest": oldest,
            "limit": PAGE,
            "cursor": cursor or None,
            "include_all_metadata": True,
        }
        try:
            if thread_ts:
                page = await client.conversations_replies(channel=channel, ts=thread_ts, **wanted)
            else:
                page = await client.conversations_history(channel=channel, **wanted)
        except SlackApiError as error:
            log.info("What was posted could not be looked for: Slack said %s", error.response.get("error"))
            return None
        for message in page["messages"]:
            if message.get("bot_id") and message.get("metadata") == tag(key):
                return str(message["ts"])
        cursor = next_page(page.data if isinstance(page.data, Mapping) else {})
        if not cursor:
            return None
    return None


def next_page(answer: Mapping[str, Any]) -> str:
    """The cursor of the page after this; empty after the last."""
    return str((answer.get("response_metadata") or {}).get("next_cursor") or "")


async def find_files(client: AsyncWebClient, user: str, names: Sequence[str], since: float) -> list[str]:
    """Slack's ids of the files that a user uploaded under these names after `since`; empty if one is not there."""
    try:
        answer = await client.files_list(user=user, ts_from=f"{since - SKEW_SECONDS:.0f}", count=PAGE)
    except SlackApiError as error:
        log.info("What was uploaded could not be looked for: Slack said %s", error.response.get("error"))
        return []
    ids = {str(file.get("name")): str(file["id"]) for file in answer["files"]}
    return [ids[name] for name in names] if ids.keys() >= set(names) else []
