"""files.*: uploads in three steps, and what became of them.

https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from playground.slack import payloads
from playground.slack.errors import SlackError
from playground.slack.methods.chat import thread_of
from playground.slack.methods.method import Arguments, Json, Method
from playground.slack.workspace import BOT_USER, Channel, File

if TYPE_CHECKING:
    from playground.slack.slack import Slack

LARGEST_FILE = 50_000_000
"""Far less than Slack's own limit, but it is this machine's memory."""


def begin_upload(slack: Slack, given: Arguments) -> Json:
    """An address for the bytes."""
    name, length = given.needed("filename"), given.whole("length", 0)
    if not 0 < length <= LARGEST_FILE:
        raise SlackError("invalid_arguments", f"must be 1 to {LARGEST_FILE} [json-pointer:/length]")
    file = File(slack.workspace.id("F"), BOT_USER, name, alt=given.text("alt_txt"), length=length)
    slack.workspace.files[file.id] = file
    return {"file_id": file.id, "upload_url": f"{slack.address}/upload/v1/{file.id}"}


def complete_upload(slack: Slack, given: Arguments) -> Json:
    """Say that the bytes are there, and share the files, or not."""
    wished = given.json("files")
    if not isinstance(wished, list) or not wished or not all(isinstance(one, dict) for one in wished):
        raise SlackError("invalid_arguments", "must be a list of files [json-pointer:/files]")
    files = [finished(slack, one) for one in wished]
    places = [channel.strip() for channel in (given.text("channels") or given.text("channel_id")).split(",")]
    channels = [shareable(slack, name) for name in places if name]
    for file in files:
        file.created, file.ready_at = int(time.time()), time.time() + slack.settings.processing_seconds
    thread_ts, comment = given.text("thread_ts"), given.text("initial_comment")
    threads = [thread_of(channel, thread_ts) for channel in channels]

    def share_all() -> None:
        for channel, thread in zip(channels, threads, strict=True):
            share(slack, files, channel, thread, comment)

    slack.later(slack.settings.processing_seconds, share_all)
    return {"files": [payloads.file_shown(slack, file) for file in files]}


def info(slack: Slack, given: Arguments) -> Json:
    """One file."""
    file = slack.workspace.file(given.needed("file"))
    if not slack.can_read(file):
        raise SlackError("file_not_found")
    return {"file": payloads.file_shown(slack, file), "comments": [], "response_metadata": {"next_cursor": ""}}


def list_all(slack: Slack, given: Arguments) -> Json:
    """The files that the app may read, on one page, the newest first."""
    user, channel, oldest = given.text("user"), given.text("channel"), given.whole("ts_from", 0)
    found = [
        file
        for file in slack.workspace.files.values()
        if file.created > 0
        and slack.can_read(file)
        and user in ("", file.owner)
        and (not channel or channel in file.channels)
        and file.created >= oldest
    ]
    newest = sorted(found, key=lambda file: file.created, reverse=True)[: given.whole("count", 100)]
    paging = {"count": len(newest), "total": len(found), "page": 1, "pages": 1}
    return {"files": [payloads.file_shown(slack, file) for file in newest], "paging": paging}


def delete(slack: Slack, given: Arguments) -> Json:
    """Take a file of the app's own away; messages show that it is gone."""
    file = slack.workspace.file(given.needed("file"))
    if file.owner != BOT_USER:
        raise SlackError("cant_delete_file")
    del slack.workspace.files[file.id]
    slack.touch()
    return {}


def finished(slack: Slack, wished: dict[str, Any]) -> File:
    """An upload whose bytes have come, with its title."""
    file = slack.workspace.files.get(str(wished.get("id")))
    if file is None or file.owner != BOT_USER or not file.data:
        raise SlackError("file_not_found")
    file.title = str(wished.get("title") or file.name)
    return file


def shareable(slack: Slack, name: str) -> Channel:
    """A channel to share into: by its id alone, and only with the app in it."""
    if name not in slack.workspace.channels:
        raise SlackError("channel_not_found")
    if BOT_USER not in slack.workspace.channels[name].members:
        raise SlackError("not_in_channel")
    return slack.workspace.channels[name]


def share(slack: Slack, files: list[File], channel: Channel, thread_ts: str, comment: str) -> None:
    """Post the message that shares files."""
    message = slack.post(channel, BOT_USER, comment, thread_ts=thread_ts, files=[file.id for file in files])
    for file in files:
        file.channels[channel.id] = message.ts
    slack.touch()


METHODS = {
    "files.getUploadURLExternal": Method(begin_upload, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, ("files:write",)),
    "files.info": Method(info, ("files:read",)),
    "files.list": Method(list_all, ("files:read",), 3),
    "files.delete": Method(delete, ("files:write",), 3),
}
