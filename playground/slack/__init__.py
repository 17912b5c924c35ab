"""A local Slack, spoken to by HTTP and WebSockets only: a workspace with three people, and one app in it.

    python -m playground.slack --port 8300 --manifest config/slack_manifest.yaml

An app reaches it with `SLACK_API_URL=http://127.0.0.1:8300/api/`, and with the tokens and the signing secret that are
given by options or in the environment; those given by default are in `credentials`. It is written from Slack's
published reference. Payloads go to the app by Socket Mode, or signed to `request_url` (a setting) if there is one.

In the workspace are Ana (requester, U0REQUESTER), Ben (approver, U0APPROVER) and Mira (outsider, U0OUTSIDER); the app
is in #launches (C0LAUNCHES), is not in #random (C0RANDOM), and has a direct message with each. `/` is the page to look
at. What people do there can be done as JSON too, `POST /_do/ACTION`, where "as" names a person by role, handle or id:

    command           {"as", "channel", "command", "text"}
    message           {"as", "channel", "text", "thread_ts", "files": [ids]}
    shortcut          {"as", "callback_id"}
    message_shortcut  {"as", "channel", "ts", "callback_id"}
    click             {"as", "channel", "ts", "action_id", "block_id", "value"}   an element of a message
    click_view        {"as", "action_id", "block_id", "value", "home": false}     of the modal in front, or of Home
    submit            {"as", "values": {action_id: value}}                       or {block_id: {action_id: value}}
    close             {"as", "everything": false}
    home              {"as", "tab": "home" or "messages"}
    invite            {"as", "channel"}                                           brings the app into the channel
    upload            {"as", "name", "data" in Base64, "for_app"}                 answers with the file's "id"
    uninstall         {}

A channel is named by id or name, or "app" for the app's direct message. Values are texts, numbers, an option's value (a
list for several), ids, "2026-12-01", "09:30", or Unix seconds. The answer comes once the app has acknowledged: `ok`,
`problem` ("operation_timeout", "dispatch_failed", or why nobody could do that), and for a submission `errors` by
block_id. Then `GET /_see?as=requester` shows the person's conversations, modals and Home.

Controls: `GET /_journal` (every call and delivery, a JSON object a line), `/_settings` (`settings.Settings`),
`/_socket` ({"do": "warn", "refresh", "disable", "cut" or "freeze"}), `/_faults` (as in `playground.faults`,
with the network "api" and the method as path, such as "/chat.postMessage"), `/_reset`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.slack.app import slack_app

__all__ = ["slack_app"]


def __getattr__(name: str) -> Any:
    if name != "slack_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from playground.slack.app import slack_app

    return slack_app
