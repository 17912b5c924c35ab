"""The first look at a draft: refuse what is no text, take out what nobody can see."""

from __future__ import annotations

import re
import unicodedata

from generation.prompting.brief import DraftError

DRAFT_LIMIT = 40_000
"""Characters in a draft: Slack's own limit for the text of a message."""

LETTERLESS_SHARE = 0.1
"""Above this share of control characters the draft is a binary file, not a post."""

_SURROGATE = re.compile("[\ud800-\udfff]")
# C0 and C1 controls but tab and line breaks.
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Zero-width space, soft hyphen, word joiner, byte-order mark, bidirectional overrides and isolates, Mongolian vowel
# separator. The zero-width (non-)joiner stays: emoji families, Hindi and Persian need it.
_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")


def clean_draft(text: str) -> tuple[str, tuple[str, ...]]:
    """The draft without invisible characters, and notices that say what was taken out.

    Letters, emoji, spacing and line breaks stay as they are (composed to Unicode NFC, Windows line ends to Unix ones).

    Raises:
        DraftError: the draft is empty, longer than `DRAFT_LIMIT`, or not text.
    """
    if len(text) > DRAFT_LIMIT:
        raise DraftError(
            f"The draft has {len(text):,} characters; at most {DRAFT_LIMIT:,} are read (Slack's limit). "
            "Shorten it, or give it as an article."
        )
    if "\x00" in text:
        raise DraftError(
            "The draft holds NUL bytes, so it is a binary file rather than text. Give the post as plain text."
        )
    notices: list[str] = []
    controls = len(_CONTROL.findall(text)) + len(_SURROGATE.findall(text))
    if controls > LETTERLESS_SHARE * len(text):
        raise DraftError("The draft is mostly control characters, so it is not text. Give the post as plain text.")
    if controls:
        text = _SURROGATE.sub("", _CONTROL.sub("", text))
        notices.append(f"Took {controls} control character{'s' * (controls > 1)} out of the draft.")
    text, invisible = without_invisible(text)
    if invisible:
        notices.append(f"Took {invisible} invisible character{'s' * (invisible > 1)} out of the draft.")
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not any(_is_visible(character) for character in text):
        raise DraftError("The draft is empty. Write what the post says.")
    return text, tuple(notices)


def without_invisible(text: str) -> tuple[str, int]:
    """A text without characters that nobody sees (zero-width, bidirectional), and how many there were."""
    return _INVISIBLE.subn("", text)


def _is_visible(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) not in {"Cf", "Cc", "Mn", "Me"}
