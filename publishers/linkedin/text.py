"""LinkedIn's "little text": what has to be escaped so that a post arrives whole.

An unescaped reserved character silently cuts the post there. Three things stay alive on purpose: hashtags
(`#tag` becomes `{hashtag|\\#|tag}`, the documented template), mentions (`@[Name](urn:li:organization:1)`) and
everything that is not reserved.
"""

from __future__ import annotations

import re

RESERVED = "\\|{}@[]()<>#*_~"
MENTION = re.compile(
    r"@\[(?P<name>[^\[\]()\n]{1,100})\]\((?P<urn>urn:li:(?:person|organization):[A-Za-z0-9_-]{1,64})\)"
)
HASHTAG = re.compile(r"(?<![\w&#/])[#＃](?P<tag>\w*[^\W\d_]\w*)")
"""A number sign at the start of a word, with at least one letter in it: "#1" and "C#" are no hashtags."""

_ESCAPES = str.maketrans({character: "\\" + character for character in RESERVED})


def escaped(text: str) -> str:
    """The text as LinkedIn's API has to be given it."""
    parts, place = [], 0
    for match in re.finditer(f"(?P<mention>{MENTION.pattern})|(?P<hashtag>{HASHTAG.pattern})", text):
        parts.append(text[place : match.start()].translate(_ESCAPES))
        if match["mention"]:
            parts.append(f"@[{match['name'].translate(_ESCAPES)}]({match['urn']})")
        else:
            # LinkedIn shows the template as #tag; an underscore inside the tag is reserved there too.
            parts.append(f"{{hashtag|\\#|{match['tag'].translate(_ESCAPES)}}}")
        place = match.end()
    return "".join([*parts, text[place:].translate(_ESCAPES)])


def commentary_length(text: str) -> int:
    """Characters as LinkedIn may count them: the larger of the text and its escaped form, in UTF-16 units.

    Whether LinkedIn counts escapes against its 3,000 is not published, so a text has to fit either way.
    """
    return max(_units(text), _units(escaped(text)))


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def plain(little: str) -> str:
    """What a reader sees of little text: the inverse of `escaped`, with mentions as their names."""
    little = re.sub(r"\{hashtag\|\\?#\|((?:\\.|[^\\{}|])+)\}", r"#\1", little)
    little = re.sub(r"@\[((?:\\.|[^\\\[\]])+)\]\(urn:li:[\w:-]+\)", r"\1", little)
    return re.sub(r"\\(.)", r"\1", little, flags=re.DOTALL)
