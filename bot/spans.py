"""Spans of time as a person says them."""

from __future__ import annotations

from datetime import timedelta

UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def in_words(span: timedelta) -> str:
    """A span in the largest unit of which there are two, such as `2 days`, `25 hours` or `90 minutes`."""
    for name, unit in UNITS:
        if (count := span // unit) >= 2:
            return f"{count} {name}s"
    return "a minute" if span >= timedelta(minutes=1) else "less than a minute"
