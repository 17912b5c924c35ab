"""What Slack sends to an app, as its reference words it: pure builders.

https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.pictures import MIME_TYPES, picture_facts
from playground.slack.modals import ModalOrHome
from playground.slack.workspace import APP_ID, BOT_ID, BOT_USER, TEAM, Channel, File, Message, Person

if TYPE_CHECKING:
    from playground.slack.slack import Slack

Json = dict[str, Any]


def command(slack: Slack, person: Person, channel: Channel, name: str, text: str) -> Json:
    """A slash command."""
    return {
        "token": slack.credentials.verification_token,
        "team_id": TEAM["id"],
        "team_domain": TEAM["domain"],
        "channel_id": channel.id,
        "channel_name": channel.name,
        "user_id": person.id,
        "user_name": person.handle,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": slack.response_url(slack.answer(channel.id, person.id)),
        "trigger_id": slack.tickets.trigger(person.id, channel=channel.id),
    }


def interaction(slack: Slack, kind: str, person: Person, **more: Any) -> Json:
    """The part that all interactions share."""
    return {
        "type": kind,
        "token": slack.credentials.verification_token,
        "api_app_id": APP_ID,
        "team": {"id": TEAM["id"], "domain": TEAM["domain"]},
        "user": {"id": person.id, "username": person.handle, "name": person.handle, "team_id": TEAM["id"]},
        "enterprise": None,
        "is_enterprise_install": False,
        **more,
    }


def global_shortcut(slack: Slack, person: Person, callback_id: str) -> Json:
    """Somebody chose a shortcut from the menu."""
    trigger = slack.tickets.trigger(person.id)
    return interaction(
        slack, "shortcut", person, callback_id=callback_id, trigger_id=trigger, action_ts=slack.workspace.ts()
    )


def message_shortcut(slack: Slack, person: Person, message: Message, callback_id: str) -> Json:
    """Somebody chose a shortcut from a message's menu."""
    channel = slack.workspace.channels[message.channel]
    return interaction(
        slack,
        "message_action",
        person,
        callback_id=callback_id,
        trigger_id=slack.tickets.trigger(person.id, channel=channel.id),
        response_url=slack.response_url(slack.answer(channel.id, person.id, thread_ts=message.thread_ts)),
        action_ts=slack.workspace.ts(),
        message_ts=message.ts,
        channel={"id": channel.id, "name": channel.name},
        message=message_shown(slack, message),
    )


def message_actions(slack: Slack, person: Person, message: Message, action: Json) -> Json:
    """Somebody used an element of a message."""
    channel = slack.workspace.channels[message.channel]
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.only_for),
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
    }
    answer = slack.answer(channel.id, person.id, message.ts, message.thread_ts)
    return interaction(
        slack,
        "block_actions",
        person,
        container=container,
        trigger_id=slack.tickets.trigger(person.id, channel=channel.id),
        channel={"id": channel.id, "name": channel.name},
        **({} if message.only_for else {"message": message_shown(slack, message)}),
        state={"values": message.state},
        response_url=slack.response_url(answer),
        actions=[action],
    )


def view_actions(slack: Slack, person: Person, view: ModalOrHome, action: Json) -> Json:
    """Somebody used an element of a modal or of Home."""
    modal = view.id if view.body["type"] == "modal" else ""
    return interaction(
        slack,
        "block_actions",
        person,
        container={"type": "view", "view_id": view.id},
        trigger_id=slack.tickets.trigger(person.id, modal),
        view=view.shown(),
        actions=[action],
    )


def view_submission(slack: Slack, person: Person, view: ModalOrHome) -> Json:
    """Somebody pressed a modal's submit button."""
    trigger = slack.tickets.trigger(person.id, view.id)
    return interaction(slack, "view_submission", person, trigger_id=trigger, view=view.shown(), response_urls=[])


def view_closed(slack: Slack, person: Person, view: ModalOrHome, *, is_cleared: bool) -> Json:
    """Somebody closed a modal without submitting it."""
    return interaction(slack, "view_closed", person, view=view.shown(), is_cleared=is_cleared)


def message_shown(slack: Slack, message: Message) -> Json:
    """A message object."""
    made: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts, "team": TEAM["id"]}
    if message.blocks:
        made["blocks"] = message.blocks
    if message.user == BOT_USER:
        made |= {"bot_id": BOT_ID, "app_id": APP_ID}
    if message.thread_ts:
        made |= {"thread_ts": message.thread_ts}
    if message.edited_ts:
        made["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.files:
        files = [slack.workspace.files[file] for file in message.files if file in slack.workspace.files]
        made["files"] = [file_shown(slack, file) for file in files]
    if message.metadata:
        made["metadata"] = message.metadata
    if replies := slack.workspace.replies(message):
        people = list(dict.fromkeys(reply.user for reply in replies))
        made |= {"thread_ts": message.ts, "reply_count": len(replies), "reply_users": people}
    return made


def file_shown(slack: Slack, file: File) -> Json:
    """A file object. Until Slack is done with it, its type is empty and it is shared nowhere."""
    facts = picture_facts(file.data) if file.is_ready else None
    kind = facts[0] if facts else ""
    private = f"{slack.address}/files-pri/{TEAM['id']}-{file.id}/{file.id}/{file.name}"
    made: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "alt_txt": file.alt,
        "mimetype": MIME_TYPES.get(kind, "application/octet-stream") if file.is_ready else "",
        "filetype": ("jpg" if kind == "jpeg" else kind or "binary") if file.is_ready else "",
        "size": len(file.data),
        "user": file.owner,
        "mode": "hosted",
        "is_external": False,
        "is_public": any(channel.startswith("C") for channel in file.channels),
        "url_private": private,
        "url_private_download": f"{private}?download=1",
        "permalink": f"{slack.address}/files/{file.owner}/{file.id}/{file.name}",
        "channels": [channel for channel in file.channels if channel.startswith("C")],
        "ims": [channel for channel in file.channels if channel.startswith("D")],
        "groups": [channel for channel in file.channels if channel.startswith("G")],
        "shares": shares(slack, file),
    }
    if facts:
        made |= {"original_w": facts[1], "original_h": facts[2], "thumb_360": private}
    return made


def shares(slack: Slack, file: File) -> Json:
    """Where a file was shared."""
    found: Json = {}
    for channel, ts in file.channels.items():
        kind = "public" if channel.startswith("C") else "private"
        message = slack.workspace.channels[channel].messages.get(ts)
        thread = {"thread_ts": message.thread_ts} if message and message.thread_ts else {}
        found.setdefault(kind, {})[channel] = [{"ts": ts, **thread}]
    return found
