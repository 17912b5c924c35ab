"""What an app proves itself with, and what Slack proves itself with to the app."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """The tokens and secrets of the one app. Those given here open nothing but the playground."""

    bot_token: str = "xoxb-playground-bot"  # noqa: S105
    app_token: str = "xapp-1-playground-app"  # noqa: S105
    signing_secret: str = "playground-signing-secret"  # noqa: S105
    client_id: str = "1000.2000"
    client_secret: str = "playground-client-secret"  # noqa: S105
    verification_token: str = "playground-verification"  # noqa: S105

    def signature(self, body: bytes) -> dict[str, str]:
        """The headers that prove a request to come from Slack."""
        stamp = str(int(time.time()))
        signed = hmac.new(self.signing_secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed.hexdigest()}"}


@dataclass
class Installation:
    """Whether the app is in the workspace, and the codes that OAuth gave out: each is good once."""

    installed: bool = True
    codes: dict[str, str] = field(default_factory=dict)

    def code(self, redirect_uri: str) -> str:
        """A code to be exchanged for the token, from the same redirect address."""
        made = secrets.token_urlsafe(24)
        self.codes[made] = redirect_uri
        return made
