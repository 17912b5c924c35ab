"""Words as people wrote them, out of the text that Slack makes of them."""

from __future__ import annotations

import html
import re

MARKED = re.compile(r"<([^<>]*)>")
"""Links, mentions and channels in Slack's text; anything else in angle brackets was escaped by Slack.

https://docs.slack.dev/messaging/formatting-message-text
"""


def plain_words(text: str) -> str:
    """The words of a message or a command: links as addresses, mentions as names, emoji as characters."""
    return with_emoji(html.unescape(MARKED.sub(_unmarked, text)))


def with_emoji(text: str) -> str:
    """`:fire:` as 🔥; a code that is no emoji stays as it is."""
    from emoji import emojize

    return emojize(text, language="alias")


def _unmarked(match: re.Match[str]) -> str:
    target, _, label = match[1].partition("|")
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith(("@", "!")):
        name = label or ("" if target.startswith("@") else target[1:].partition("^")[0])
        return f"@{name.removeprefix('@')}" if name else ""
    return target.removeprefix("mailto:").removeprefix("tel:")
