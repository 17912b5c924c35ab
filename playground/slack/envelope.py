"""What Slack puts around an event that it sends to an app.

https://docs.slack.dev/apis/events-api
"""

from __future__ import annotations

import time
from typing import Any

from playground.slack.workspace import APP_ID, BOT_USER, TEAM

Json = dict[str, Any]


def enveloped(inner: Json, token: str, event_id: str) -> Json:
    """An event in its envelope; `token` is the app's verification token."""
    return {
        "token": token,
        "team_id": TEAM["id"],
        "api_app_id": APP_ID,
        "event": inner,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM["id"],
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }
