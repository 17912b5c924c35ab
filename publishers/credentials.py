"""What unlocks an account, and how a token that changes with each use is kept.

Every secret part is a `Secret`, so that printing, logging or failing with one of these shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from publishers.errors import PublishError, Reason
from publishers.secret import Secret

EXPIRY_MARGIN = timedelta(seconds=60)
"""A token about to end is renewed before the request rather than refused during it."""


@dataclass(frozen=True)
class OAuth1Token:
    """The app's and the account's keys of OAuth 1.0a (RFC 5849). X: they do not expire."""

    consumer_key: Secret
    consumer_secret: Secret
    access_token: Secret
    access_token_secret: Secret


@dataclass(frozen=True)
class OAuth2Token:
    """An OAuth 2 access token and what renews it. Empty `scopes` means that they are not known."""

    access_token: Secret
    client_id: str = ""
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    expires_at: datetime | None = None
    scopes: frozenset[str] = frozenset()

    def is_ending(self, now: datetime) -> bool:
        """Whether it has ended or is about to."""
        return self.expires_at is not None and now >= self.expires_at - EXPIRY_MARGIN


Refresh = Callable[[OAuth2Token], OAuth2Token]
Rotate = Callable[[OAuth2Token, Refresh], OAuth2Token]
"""`rotate(stale, refresh)` gives a token that is not stale.

A refresh token works once, so two processes must not use one at the same time. The keeper of the account's token
therefore does this under a lock of the account: read the stored token; if it is no longer `stale`, return it; else
store `refresh(stale)` durably, and only then return it.
"""


def cannot_rotate(stale: OAuth2Token, refresh: Refresh) -> OAuth2Token:
    """The `Rotate` of a publisher that was given none: a rotated token that nobody stores would be lost."""
    raise PublishError(
        "The access token has ended and there is nowhere to store a new one: connect the account again.",
        reason=Reason.UNAUTHORIZED,
    )


def renewed(stale: OAuth2Token, answer: object, network: str) -> OAuth2Token:
    """The token in a token endpoint's answer (RFC 6749, 5.1); what the answer leaves out stays as it was."""
    fields = answer if isinstance(answer, dict) else {}
    access, refresh, lifetime = (fields.get(name) for name in ("access_token", "refresh_token", "expires_in"))
    if not isinstance(access, str) or not access:
        raise PublishError(
            f"{network} sent no token: connect the account again if this stays.",
            reason=Reason.UNREADABLE,
            network=network,
        )
    known = isinstance(lifetime, int | float) and 0 < lifetime < 10**9
    scope = fields.get("scope")
    return replace(
        stale,
        access_token=Secret(access),
        refresh_token=Secret(refresh) if isinstance(refresh, str) and refresh else stale.refresh_token,
        expires_at=datetime.now(UTC) + timedelta(seconds=float(lifetime)) if known and lifetime else None,
        scopes=frozenset(scope.replace(",", " ").split()) if isinstance(scope, str) else stale.scopes,
    )
