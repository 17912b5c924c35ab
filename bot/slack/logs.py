"""What the bot process says: a line each, without tracebacks and without secrets."""

from __future__ import annotations

import logging
import re
import sys

TOKEN = re.compile(r"x(?:ox[a-z]|app|oxe)[-.][A-Za-z0-9.-]+|(?<=[?&]ticket=)[^&\s]+")


class OneLine(logging.Formatter):
    """`easel: bot: what happened`; what is an error and its kind, never where in the code."""

    def format(self, record: logging.LogRecord) -> str:
        """The record in one line."""
        told = TOKEN.sub("(token)", " ".join(record.getMessage().split()))
        kind = record.exc_info[0] if record.exc_info else None
        return f"easel: bot: {told}{f' ({kind.__name__})' if kind else ''}"


def log_to_stderr() -> None:
    """Begin to say things."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("easel.slack", "slack_bolt", "slack_sdk"):
        logging.getLogger(name).setLevel(logging.WARNING)
