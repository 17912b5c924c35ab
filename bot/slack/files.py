"""Pictures on their way into Slack: uploaded, waited for, and taken away again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

FIRST_WAIT, LONGEST_WAIT, PATIENCE = 0.3, 3.0, 60.0
"""Seconds. Slack looks at an upload for a while, and refuses a message that shows it before that."""


@dataclass(frozen=True)
class Upload:
    """A picture: its file name, what it shows, its bytes, and what it is called where people see it."""

    name: str
    alt: str
    data: bytes
    title: str = ""


async def upload(
    client: AsyncWebClient, uploads: Sequence[Upload], *, channel: str = "", thread: str = ""
) -> list[str]:
    """Upload pictures, share them in a thread if one is named, and wait until each can be shown: their ids.

    Raises:
        SlackApiError: if Slack does not take them.
        TimeoutError: if it does not get ready with them.
    """
    wanted = [
        {"filename": one.name, "file": one.data, "title": one.title or one.name, "alt_txt": one.alt[:1_000]}
        for one in uploads
    ]
    answer = await client.files_upload_v2(file_uploads=wanted, channel=channel or None, thread_ts=thread or None)
    ids = [str(file["id"]) for file in answer["files"]]
    await asyncio.gather(*(until_ready(client, file) for file in ids))
    return ids


async def until_ready(client: AsyncWebClient, file: str) -> None:
    """Wait until Slack has looked at a file; until then it does not know what kind it is."""
    wait, waited = FIRST_WAIT, 0.0
    while not (await client.files_info(file=file))["file"].get("mimetype"):
        if waited > PATIENCE:
            raise TimeoutError(f"Slack did not get ready with the file {file} in {PATIENCE:.0f} seconds.")
        await asyncio.sleep(wait)
        waited += wait
        wait = min(wait * 1.6, LONGEST_WAIT)


async def discard(client: AsyncWebClient, file: str) -> None:
    """Take a file away that nobody needs any more; one that is gone is no error."""
    try:
        await client.files_delete(file=file)
    except SlackApiError as error:
        if error.response.get("error") not in ("file_not_found", "file_deleted"):
            raise
