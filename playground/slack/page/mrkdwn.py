"""Slack's texts as HTML: mrkdwn, Markdown and plain text. Whatever an app writes, the result is harmless.

https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import escape, unescape
from zoneinfo import ZoneInfo

import emoji
from markdown_it import MarkdownIt
from markupsafe import Markup

Name = Callable[[str], str]
"""From the id of a person or a channel to the name."""

TOKEN = re.compile(r"<([^<>]+)>")
SHORTCODE = re.compile(r":[a-z0-9_+\-]+:")
CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]*?\S)_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])"), "s"),
)
BARE_LINK = re.compile(r"(?<![\"'>=/\w])https?://[^\s<>&\x00]+(?:&amp;[^\s<>&\x00]+)*[\w/]")
HELD = re.compile("\x00(\\d+)\x00")
DATE_FORMS = {
    "date_num": "%Y-%m-%d",
    "date": "%B %-d, %Y",
    "date_short": "%b %-d, %Y",
    "date_long": "%A, %B %-d, %Y",
    "date_pretty": "%B %-d, %Y",
    "date_short_pretty": "%b %-d, %Y",
    "date_long_pretty": "%A, %B %-d, %Y",
    "time": "%H:%M",
    "time_secs": "%H:%M:%S",
}
MARKDOWN = MarkdownIt("js-default", {"linkify": False, "breaks": True}).disable("image")


def plain(text: str) -> Markup:
    """A plain_text object: only emoji short codes mean something."""
    return Markup(escape(with_emoji(text.replace("\x00", ""))).replace("\n", "<br>"))  # noqa: S704 - escaped


def markdown(text: str) -> Markup:
    """A markdown block."""
    return Markup(MARKDOWN.render(with_emoji(text)))  # noqa: S704 - HTML in it is escaped


def mrkdwn(text: str, name: Name, zone: str) -> Markup:
    """A mrkdwn text. What must not be read twice (code, links, mentions) is held aside until the end."""
    held: list[str] = []

    def hold(html: str) -> str:
        held.append(html)
        return f"\x00{len(held) - 1}\x00"

    def code(match: re.Match[str]) -> str:
        block, inline = match.groups()
        said = escape(unescape(block if block is not None else inline))
        return hold(f"<pre>{said.strip(chr(10))}</pre>" if block is not None else f"<code>{said}</code>")

    text = CODE.sub(code, text.replace("\x00", ""))
    text = TOKEN.sub(lambda match: hold(_token(match[1], name, zone)), text)
    text = escape(unescape(with_emoji(text)), quote=False)
    text = BARE_LINK.sub(lambda match: hold(_link(unescape(match[0]), unescape(match[0]))), text)
    for pattern, tag in STYLES:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    html = _quotes(text)
    while HELD.search(html):
        html = HELD.sub(lambda match: held[int(match[1])], html)
    return Markup(html)  # noqa: S704 - every part was escaped


def with_emoji(text: str) -> str:
    """Short codes as the emoji that they name; unknown ones stay as they are."""
    return SHORTCODE.sub(lambda match: _emoji(match[0]), text)


def date(seconds: int, form: str, zone: str) -> str:
    """Slack's date formats, in somebody's zone. An empty form is day and time."""
    at = datetime.fromtimestamp(seconds, ZoneInfo(zone))

    def fill(match: re.Match[str]) -> str:
        known = DATE_FORMS.get(match[1])
        return f"{at:{known}}" if known else match[0]

    return re.sub(r"\{(\w+)\}", fill, form or "{date_short_pretty} at {time}")


def _emoji(code: str) -> str:
    """The emoji of one short code. Slack says "large" of coloured circles and squares, where others do not."""
    shown = emoji.emojize(code, language="alias")
    return emoji.emojize(code.replace(":large_", ":"), language="alias") if shown == code else shown


def _token(token: str, name: Name, zone: str) -> str:
    target, _, label = token.partition("|")
    shown = unescape(label)
    match target[0]:
        case "@":
            return f'<span class="mention">@{escape(name(target[1:]))}</span>'
        case "#":
            return f'<span class="mention">#{escape(name(target[1:]))}</span>'
        case "!":
            return _special(target[1:], shown, zone)
    return _link(unescape(target), shown or unescape(target))


def _special(target: str, label: str, zone: str) -> str:
    kind, *parts = target.split("^")
    if kind == "date" and len(parts) >= 2 and parts[0].isdigit() and len(parts[0]) <= 11:
        return f"<time>{escape(date(int(parts[0]), unescape(parts[1]), zone))}</time>"
    if kind in ("channel", "here", "everyone"):
        return f'<span class="mention">@{kind}</span>'
    return escape(label or f"<{target}>")


def _link(address: str, label: str) -> str:
    if not re.match(r"(https?://|mailto:)", address):
        return escape(label)
    attributes = 'target="_blank" rel="noreferrer noopener"'
    return f'<a href="{escape(address)}" {attributes}>{escape(with_emoji(label))}</a>'


def _quotes(text: str) -> str:
    lines, quoted, parts = text.split("\n"), [], []
    for line in [*lines, None]:
        if line is not None and line.startswith("&gt;"):
            quoted.append(line.removeprefix("&gt;").strip())
            continue
        if quoted:
            parts.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
            quoted = []
        if line is not None:
            parts.append(line + "<br>")
    return "".join(parts).removesuffix("<br>")
