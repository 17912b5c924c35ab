"""Where X sees links in a text. X shortens each to 23 characters, and charges more for a post that has one.

The grammar is that of twitter-text 3.1.0, written anew: a link starts after a character that cannot be part of a
word or mention, has an optional scheme, a domain with a known top level domain, and optionally a port, a path that
may hold balanced parentheses, and a query. Without a scheme only domains of ASCII and accented Latin letters count.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources

LONGEST_LINK = 4_096
LONGEST_LABEL = 63  # of a domain name, in its ASCII form (RFC 1035)
LONGEST_SHORT_LINK = 40  # the part after https://t.co/

ACCENTED = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272"
    "\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
FOLDED = "\u0260\u0269\u0275\u0280\u0283\u0288\u028a\u028c\u0292\u0399\u03b9\u1fbe\u2c65\u2c66\u2c7e\u2c7f\ua7dc"
"""Letters outside ACCENTED that JavaScript takes as equal to one inside it when it ignores case."""
LATIN = ACCENTED + FOLDED
CYRILLIC = "\u0400-\u04ff\u1c80-\u1c87"
DIRECTIONS = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
INVALID = "\ufffe\ufeff\uffff"
SPACES = r"\x09-\x0d\x20\x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
PUNCTUATION = re.escape("!'#%&()*+,\\-./:;<=>?@[]^_{|}~$")

BEFORE = rf"(?P<before>[^A-Za-z0-9@＠$#＃{INVALID}]|[{DIRECTIONS}]|^)"
NAME = rf"[^{PUNCTUATION}{SPACES}{INVALID}{DIRECTIONS}]"
PATH = rf"[A-Za-z{CYRILLIC}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{LATIN}]"
PATH_END = rf"[+\-A-Za-z{CYRILLIC}0-9=_#/{LATIN}]"
PARENTHESES = rf"\((?:{PATH}+|{PATH}*\({PATH}+\){PATH}*)\)"
QUERY = r"[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]"
QUERY_END = r"[A-Za-z0-9\-_&=#/]"


@dataclass(frozen=True)
class Link:
    """A link in a text, by its place in code points: `text[start:end]`."""

    start: int
    end: int


@functools.cache
def _top_level_domain() -> str:
    """A pattern for every known top level domain, the longest first, or a punycode one."""
    lines = resources.files("publishers.x").joinpath("top_level_domains.txt").read_text("utf-8").splitlines()
    names = [line for line in lines if not line.startswith("#")]
    # Scoped flags: Unicode case folding would take "ſ" for "s" and the dotless "ı" for "i".
    ascii_names = _any_of([name for name in names if name.isascii()])
    other_names = _any_of([name for name in names if not name.isascii()])
    return rf"(?:(?:(?ai:{ascii_names})|(?i:{other_names}))(?=[^0-9a-zA-Z@+\-]|\Z)|(?ai:xn--[\-0-9a-z]+))"


def _any_of(names: list[str]) -> str:
    """The longest first, grouped by first letter so that the expression gives up at once on most words."""
    by_letter: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        by_letter.setdefault(name[0], []).append(name[1:])
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in sorted(by_letter.items()))


@functools.cache
def _link() -> re.Pattern[str]:
    subdomain = rf"(?:{NAME}(?:[_\-]|{NAME})*)?{NAME}\."
    domain_name = rf"(?:{NAME}(?:-|{NAME})*)?{NAME}\."
    path = rf"(?:{PATH}*(?:{PARENTHESES}{PATH}*)*{PATH_END}|{PARENTHESES}|@{PATH}+/)"
    return re.compile(
        rf"{BEFORE}(?P<link>(?P<scheme>(?ai:https?)://)?"
        rf"(?P<domain>(?:{subdomain})*{domain_name}{_top_level_domain()})"
        rf"(?::[0-9]+)?(?P<path>/{path}*)?(?:\?{QUERY}*{QUERY_END})?)"
    )


@functools.cache
def _plain_domain() -> re.Pattern[str]:
    return re.compile(rf"(?:[\-A-Za-z0-9{LATIN}]+\.)+{_top_level_domain()}")


SHORT_LINK = re.compile(rf"(?ai:https?)://(?ai:t\.co)/(?P<slug>[A-Za-z0-9]+)(?:\?{QUERY}*{QUERY_END})?")


def find_links(text: str) -> list[Link]:
    """The links of a text in order. Look at no more than a few thousand characters: the grammar backtracks."""
    if "." not in text:
        return []
    # X's grammar sees UTF-16: half of an emoji may be the character before a link, or in its domain.
    units, places = _utf16(text)
    links = [link for match in _link().finditer(units) for link in _links_of(match)]
    return [Link(places[link.start], places[link.end]) for link in links]


def _utf16(text: str) -> tuple[str, list[int]]:
    """The text with each astral character as its two surrogates, and for each place in that its place here."""
    units: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        data = character.encode("utf-16-le", "surrogatepass")
        units += (chr(int.from_bytes(data[at : at + 2], "little")) for at in range(0, len(data), 2))
        places += [place] * (len(data) // 2)
    return "".join(units), [*places, len(text)]


def _links_of(match: re.Match[str]) -> list[Link]:
    domain, start, end = match["domain"], match.start("link"), match.end("link")
    scheme = match["scheme"] or "https://"
    if not _resolvable(domain) or len(scheme) + end - start > LONGEST_LINK:
        return []
    if match["scheme"]:
        short = SHORT_LINK.match(match["link"])
        if short is None:
            return [Link(start, end)]
        return [Link(start, start + short.end())] if len(short["slug"]) <= LONGEST_SHORT_LINK else []
    if match["before"] and match["before"] in "-_./":
        return []
    plain = [Link(start + found.start(), start + found.end()) for found in _plain_domain().finditer(domain)]
    if plain and match["path"]:  # the path belongs to the last of them; without one, so does nothing else
        plain[-1] = Link(plain[-1].start, plain[-1].start + (end - start) - len(domain) + _length(plain[-1]))
    return plain


def _length(link: Link) -> int:
    return link.end - link.start


def _resolvable(domain: str) -> bool:
    """Each label has 1 to 63 characters once it is written in ASCII."""
    if domain.startswith("xn--") and not _plain_domain().search(domain):
        return False
    labels = re.split("[.\u3002\uff0e\uff61]", domain)
    return all(1 <= len(_ascii(label)) <= LONGEST_LABEL for label in labels)


def _ascii(label: str) -> str:
    if label.isascii():
        return label
    whole = label.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "xn--" + whole.encode("punycode").decode()
