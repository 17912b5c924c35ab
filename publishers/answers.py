"""What an unhappy answer of a network means, or no answer: the rules that X and LinkedIn share.

Everything hangs on one question: may the network have acted? A request that is `repeatable` (an upload, a lookup)
shows nothing to readers, so it can be sent again whatever happened. One that is not (creating a post) can only be
sent again where the network surely did not act.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from publishers.errors import Outcome, PublishError, Reason

LONGEST_ANSWER = 4 * 1024 * 1024
"""Bytes read of an answer; a hundred posts with all their fields are a tenth of it."""
LONGEST_DETAIL = 300
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 86_400.0
SERVER_WAIT = 30.0
"""Seconds before a repeatable request goes to a failing server again."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds to connect, to wait for each piece of an answer, and for the whole answer."""

    connect: float = 10.0
    read: float = 30.0
    whole: float = 60.0


@dataclass(frozen=True)
class Answer:
    """A network's answer, read whole. `headers` has lower-case names; `body` is parsed JSON or None."""

    status: int
    headers: Mapping[str, str]
    body: object

    def text(self, *path: str) -> str:
        """The string at a path of the body, or ""."""
        value = self.body
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""

    def list(self, *path: str) -> list[dict[str, object]]:
        """The objects in the list at a path of the body; anything else is left out."""
        value = self.body
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


NAMES = {"x": "X", "linkedin": "LinkedIn"}
MEANINGS = {
    400: (Reason.INVALID, "refused the request", "Change the post and try again."),
    401: (Reason.UNAUTHORIZED, "no longer accepts the account's token", "Connect the account again."),
    402: (Reason.PAYMENT, "says that the app's credit is used up", "Add credit in the developer portal."),
    403: (Reason.FORBIDDEN, "does not allow this", "Check the app's permissions and the account's scopes."),
    404: (Reason.NOT_FOUND, "does not know what was asked for", "Check the account and the address."),
    413: (Reason.INVALID, "finds the request too large", "Use smaller pictures."),
    422: (Reason.INVALID, "cannot accept the post as it is", "Change the post and try again."),
    426: (Reason.VERSION, "no longer serves this API version", "Set a newer version in the settings."),
}


def failure(network: str, answer: Answer, detail: str, *, repeatable: bool, doing: str) -> PublishError:
    """The error for an answer that is no success. `doing` completes "while ..."."""
    name = NAMES.get(network, network)
    said = f" ({tidy(detail)})" if detail.strip() else ""
    status = answer.status
    if status == 429:
        wait = wait_of(answer.headers, datetime.now(UTC))
        return PublishError(
            f"{name} asks to slow down while {doing}{said}: trying again in {describe(wait)}.",
            Outcome.RETRY_AFTER,
            Reason.RATE_LIMIT,
            network,
            wait,
        )
    if status in MEANINGS:
        reason, what, advice = MEANINGS[status]
        return PublishError(f"{name} {what} while {doing}{said}. {advice}", Outcome.REFUSED, reason, network)
    if 300 <= status < 500 and status not in {408, 409, 425}:
        return PublishError(
            f"{name} answered {status} while {doing}{said}. Check the address in the settings.",
            Outcome.REFUSED,
            Reason.INVALID,
            network,
        )
    return uncertain(network, f"{name} failed with status {status} while {doing}{said}", Reason.SERVER, repeatable)


def uncertain(network: str, what: str, reason: Reason, repeatable: bool) -> PublishError:
    """The error for a request that may have been carried out."""
    if repeatable:
        return PublishError(f"{what}: trying again.", Outcome.RETRY_AFTER, reason, network, SERVER_WAIT)
    return PublishError(
        f"{what}: it is not known whether the post is there, so it is looked up before anything else.",
        Outcome.UNKNOWN,
        reason,
        network,
    )


def not_sent(network: str, why: str) -> PublishError:
    """The error for a request that never reached the network."""
    return PublishError(
        f"No connection to {NAMES.get(network, network)} ({tidy(why)}): trying again. Check the network and address.",
        Outcome.RETRY_AFTER,
        Reason.CONNECTION,
        network,
        SERVER_WAIT,
    )


def wait_of(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds that a 429 asks for, between a second and a day.

    `Retry-After` (seconds or a date, RFC 9110) comes first, then X's `x-rate-limit-reset` (Unix time). LinkedIn
    sends neither: its limits begin anew at midnight UTC.
    """
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    waits = (
        _seconds(headers.get("retry-after", ""), now),
        _until_unix(headers.get("x-rate-limit-reset", ""), now),
        (midnight - now).total_seconds(),
    )
    wait = next(wait for wait in waits if wait is not None)
    return min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def _seconds(value: str, now: datetime) -> float | None:
    if value.strip().isascii() and value.strip().isdigit():
        return float(value[:12])
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()


def _until_unix(value: str, now: datetime) -> float | None:
    if not (value.isascii() and value.isdigit() and len(value) <= 12):
        return None
    return int(value) - now.timestamp() + 1  # the window ends within that second


def clock_skew(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How far the network's clock is ahead of ours, or None where it does not tell."""
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - now


def describe(seconds: float) -> str:
    """A wait in words: "40 s", "12 min", "3 h"."""
    if seconds < 120:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 7_200 else f"{math.ceil(seconds / 3_600)} h"


def tidy(detail: str) -> str:
    """A network's words on one short line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in detail).split())
    return line if len(line) <= LONGEST_DETAIL else line[: LONGEST_DETAIL - 1] + "…"
