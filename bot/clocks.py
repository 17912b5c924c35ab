"""This machine's clock against those of networks: signatures and lookups rest on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from bot.findings import Finding, Health
from publishers.answers import clock_skew

MOST_SKEW = timedelta(seconds=60)
"""X and Slack refuse signatures that are five minutes off."""


def check_clock(what: str, whose: str, headers: Mapping[str, str]) -> Iterator[Finding]:
    """A finding about `what` if the time in an answer's headers (in small letters) is far from ours."""
    skew = clock_skew(headers, datetime.now(UTC))
    if skew is not None and abs(skew) > MOST_SKEW:
        off = f"{abs(skew).total_seconds():,.0f} s off {whose}"
        yield Finding(what, Health.BROKEN, f"this machine's clock is {off}: set it by a time server.")
