"""Cuts a draft into words, emoji, hashtags, mentions, links, numbers and signs, each with its place in the draft."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_PICTOGRAPH = (
    "[\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0"
    "\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5"
    "\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_SKIN = "[\U0001f3fb-\U0001f3ff]"
_ONE_EMOJI = rf"{_PICTOGRAPH}\ufe0f?{_SKIN}?(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_EMOJI = rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|[\u00a9\u00ae]\ufe0f|{_ONE_EMOJI}(?:\u200d{_ONE_EMOJI})*"
_DOMAIN_ENDINGS = "com|org|net|io|ai|dev|app|gg|ly|me|shop|link|blog|news|tv|gov|edu|info|store|xyz|co\\.uk|co"
# Lengths are bounded so that a hostile draft costs no more than its length.
_LINK = (
    r"<https?://[^\s<>|]{1,2000}(?:\|[^<>]{0,500})?>|https?://[^\s<>]+|\bwww\.[^\s<>]+"
    r"|(?<![@\w-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.(?:" + _DOMAIN_ENDINGS + r")\b(?:/[^\s<>]*)?"
)
_PATTERNS = (
    ("link", _LINK),
    ("email", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"),
    ("mention", r"<[@!#][^>\s<]{1,80}>|(?<![\w@])@[A-Za-z0-9_](?:[\w.-]*\w)?"),
    ("hashtag", r"(?<![\w&/])[#＃][^\W_][\w]*(?<!\d)\b|(?<![\w&/])[#＃](?=\d*[^\W\d_])\w+"),
    ("shortcode", r"(?<![\w:]):[a-z0-9][a-z0-9_+'-]*:(?![\w])|(?<=:):[a-z][a-z0-9_+'-]*:"),
    ("oddity", None),
    ("entity", r"&(?:amp|lt|gt|quot|nbsp|#39);"),
    ("emoji", _EMOJI),
    ("number", r"[$€£¥₹]\s?\d[\d.,]*\d?\s?(?:[kmb]\b|bn\b|million\b|billion\b)?|\d+(?:[.,:/-]\d+)+%?|\d+%"),
    (
        "word",
        r"[^\W_](?:[^\W_]|[\u0300-\u036f\u064b-\u0652\u0900-\u0903\u093a-\u094f\u0e31-\u0e4e\u200c\u200d])*(?:['’][^\W\d_]+)*"
        r"(?:(?<=[a-z]in)['’](?=\s|$))?",
    ),
    ("sign", r"(?P<repeated>[^\w\s])(?P=repeated)*|\S"),
)
_NUMBER_WORD = re.compile(
    r"\d+(?:k|m|b|bn|x|am|pm|st|nd|rd|th|s|gb|tb|mb|h|hr|hrs|min|mins|mph|km|kg|lbs|cm|ft|px|p)?", re.I
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the draft; `key` is its folded form for look-ups."""

    start: int
    end: int
    text: str
    kind: str
    key: str


@lru_cache(maxsize=8)
def tokenizer_pattern(oddities: tuple[str, ...]) -> re.Pattern[str]:
    """The pattern of all tokens; `oddities` are lexicon terms with signs in them, such as `w/o` and `:-)`."""
    parts = []
    for kind, pattern in _PATTERNS:
        if kind == "oddity":
            if not oddities:
                continue
            ordered = sorted(oddities, key=len, reverse=True)
            pattern = rf"(?<![\w])(?i:{'|'.join(re.escape(term) for term in ordered)})(?![\w/])"
        parts.append(f"(?P<{kind}>{pattern})")
    return re.compile("|".join(parts))


def tokenize(draft: str, oddities: Iterable[str] = ()) -> list[Token]:
    """The tokens of a draft in order; what lies between them is white space."""
    tokens = []
    for match in tokenizer_pattern(tuple(oddities)).finditer(draft):
        kind = match.lastgroup or "sign"
        start, end = match.span()
        if kind == "link":
            end = _end_of_link(draft, start, end)
        text = draft[start:end]
        if kind == "word" and _NUMBER_WORD.fullmatch(text):
            kind = "number"
        tokens.append(Token(start, end, text, kind, fold(text, kind)))
        if end < match.end():
            tokens.extend(
                Token(place, place + 1, draft[place], "sign", draft[place]) for place in range(end, match.end())
            )
    return _without_joining_hyphens(tokens)


def _without_joining_hyphens(tokens: list[Token]) -> list[Token]:
    """`glow-up` reads as `glow up`: a hyphen between two words is white space to the look-ups."""
    return [
        token
        for place, token in enumerate(tokens)
        if token.text != "-"
        or not 0 < place < len(tokens) - 1
        or tokens[place - 1].end != token.start
        or tokens[place + 1].start != token.end
    ]


def fold(text: str, kind: str = "word") -> str:
    """The look-up form: lower case, straight apostrophes, compatibility letters; emoji without variation selectors and
    skin tones."""
    if kind == "emoji":
        return re.sub(f"\ufe0f|{_SKIN}", "", text)
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‘", "'")


def _end_of_link(draft: str, start: int, end: int) -> int:
    """A link's end without the sentence's own punctuation after it."""
    if draft[start] == "<":
        return end
    while end > start and draft[end - 1] in ".,;:!?)]}'\"…»”":
        end -= 1
    return end
