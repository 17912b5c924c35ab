"""The readable text of a web page or a pasted document: its title and its paragraphs, without the furniture around
them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser

from generation.errors import GenerationError
from generation.prompting.draft import without_invisible

SHORTEST_ARTICLE = 60
"""Words below which a text is no article; a post of this length is better given as a draft."""
LONGEST_ARTICLE = 120_000
"""Characters of an article that are read (about 20,000 words); what follows is left out, with a notice."""
_LINK_SHARE = 0.5
_BODY_SHARE = 0.4
"""An <article> or <main> that holds less of the page's text than this is not its body."""
_BINARY_SHARE = 0.02
_PIECE = 16_384
_MOST_TAGS = 50_000
"""Tags of a page that are read; long articles have a few thousand."""
_LONGEST_TAG = 32_768
"""Characters that may wait for the end of a tag; a page that leaves one open ends there."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_ADDED = re.compile(
    r"(?:share (?:this|on|via)|follow us|sign up|subscribe|read (?:more|next|also)|see also|related|more (?:from|on)|"
    r"copyright|©|all rights reserved|advertisement|sponsored|photo(?:graph)?s?:|image:|click here|print this|"
    r"filed under|tags?:|published|updated|last (?:updated|modified)|\d+ min(?:ute)?s? read|we use cookies|"
    r"this (?:article|story) (?:was|first|originally))(?!\w)",
    re.IGNORECASE,
)
_LONGEST_ADDED = 20
"""Words of such a line; a longer paragraph that begins so is the article's own."""
_FEWEST_WORDS = 4
"""Words of a block that is prose rather than a label or a button."""
_LONGEST_TITLE = 20
"""Words of a title in a pasted text."""

_SKIPPED = frozenset(
    {
        "script", "style", "noscript", "nav", "aside", "footer", "form", "button", "svg", "template", "iframe",
        "select", "figure", "object", "math", "dialog", "head",
    }
)  # fmt: skip
_BLOCKS = frozenset({"p", "h1", "h2", "h3", "h4", "li", "blockquote", "pre", "td", "dd", "dt", "div", "section"})
_BODIES = frozenset({"article", "main"})
_VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "param"
    }
)  # fmt: skip
_FURNITURE = re.compile(
    r"comment|share|social|related|cookie|consent|banner|promo|sidebar|subscribe|newsletter|breadcrumb|\bmenu|advert|"
    r"\bads?\b|popup|modal|toolbar|pagination|byline|caption|footnote|reference|recommend|masthead",
    re.IGNORECASE,
)


class ArticleError(GenerationError):
    """A text that cannot be read as an article; the message says why and what to give instead."""


@dataclass(frozen=True)
class Article:
    """A title, which may be empty, and paragraphs in order."""

    title: str
    paragraphs: tuple[str, ...]
    notices: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The paragraphs as one text, an empty line between them."""
        return "\n\n".join(self.paragraphs)

    @property
    def word_count(self) -> int:
        """Words of all paragraphs."""
        return sum(len(paragraph.split()) for paragraph in self.paragraphs)


def read_article(text: str, *, is_html: bool | None = None) -> Article:
    """The article in a page's source or in a pasted text; `is_html` None looks for tags.

    Raises:
        ArticleError: the text is binary, or too short to be an article.
    """
    if text.startswith("%PDF"):
        raise ArticleError("This is a PDF file, not text. Copy its text and give that.")
    controls = sum(text.count(character) for character in ("\x00", "\x01", "\x02", "\ufffd"))
    if "\x00" in text or controls > _BINARY_SHARE * max(1, len(text)):
        raise ArticleError("This is a binary file, not text. Give the article as a web page or as plain text.")
    text, invisible = without_invisible(text)
    if is_html or (is_html is None and re.search(r"<(?:html|body|article|p|div)[\s>]", text[:5000], re.IGNORECASE)):
        page = _Page()
        page.read(_COMMENT.sub(" ", text))
        paragraphs = page.paragraphs()
        title = page.headline or page.title
    else:
        title, paragraphs = _plain(text)
    paragraphs, notices = _cut(paragraphs)
    if invisible:
        notices = (*notices, f"Took {invisible} invisible character{'s' * (invisible > 1)} out of the article.")
    article = Article(_line(title), tuple(paragraphs), notices)
    if article.word_count < SHORTEST_ARTICLE:
        raise ArticleError(
            f"Only {article.word_count} words of readable text were found; an article has at least {SHORTEST_ARTICLE}. "
            "The page may need a browser to show its text: copy the text and give that."
        )
    return article


def _plain(text: str) -> tuple[str, list[str]]:
    paragraphs = [_line(part) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n"))]
    paragraphs = [re.sub(r"^#+\s*", "", part) for part in paragraphs if part]
    has_title = len(paragraphs) > 1 and len(paragraphs[0].split()) <= _LONGEST_TITLE and paragraphs[0][-1] not in ".,;"
    return (paragraphs[0], paragraphs[1:]) if has_title else ("", paragraphs)


def _cut(paragraphs: list[str]) -> tuple[list[str], tuple[str, ...]]:
    kept, length = [], 0
    for paragraph in paragraphs:
        if length + len(paragraph) > LONGEST_ARTICLE:
            kept.append(paragraph[: max(0, LONGEST_ARTICLE - length)])
            return kept, (f"Only the first {LONGEST_ARTICLE:,} characters of the article were read.",)
        kept.append(paragraph)
        length += len(paragraph)
    return kept, ()


def _line(text: str) -> str:
    return " ".join(text.split())


@dataclass
class _Block:
    """A run of text between block tags."""

    text: str
    link_text: int
    in_body: bool
    is_paragraph: bool


class _Page(HTMLParser):
    """Collects blocks of text with where they stand; damaged markup is read as far as it goes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.headline = ""
        self._blocks: list[_Block] = []
        self._open: list[tuple[str, bool]] = []
        self._depth: Counter[str] = Counter()
        self._tags = 0
        self._skipping = 0
        self._bodies = 0
        self._links = 0
        self._pieces: list[str] = []
        self._link_text = 0
        self._tag = ""
        self._in_title = False

    def read(self, text: str) -> None:
        """Take in a page piece by piece, and stop where it is no honest page any more."""
        for place in range(0, len(text), _PIECE):
            self.feed(text[place : place + _PIECE])
            if self._tags > _MOST_TAGS or len(self.rawdata) > _LONGEST_TAG:
                return
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        self._tags += 1
        if tag in _VOID:
            self._pieces.append(" ")
            return
        named = " ".join(value or "" for name, value in attrs if name in {"class", "id", "role"})
        skipped = tag in _SKIPPED or (tag not in {"html", "body", *_BODIES} and bool(_FURNITURE.search(named)))
        if tag in _BLOCKS:
            self._end_block()
            self._tag = tag
        self._open.append((tag, skipped))
        self._depth[tag] += 1
        self._skipping += skipped
        self._bodies += tag in _BODIES
        self._links += tag == "a"
        self._in_title = tag == "title"

    def handle_endtag(self, tag: str) -> None:
        """Close an element and what was left open inside it."""
        self._tags += 1
        if not self._depth[tag]:
            return
        if tag in _BLOCKS or tag in _SKIPPED:
            self._end_block()
        while self._open:
            name, skipped = self._open.pop()
            self._depth[name] -= 1
            self._skipping -= skipped
            self._bodies -= name in _BODIES
            self._links -= name == "a"
            if name == tag:
                break
        self._in_title = False

    def handle_data(self, data: str) -> None:
        """Text, kept where it belongs to no furniture."""
        if self._in_title:
            self.title = self.title or data
        if self._skipping:
            return
        self._pieces.append(data)
        if self._links:
            self._link_text += len(data.strip())

    def _end_block(self) -> None:
        text = _line("".join(self._pieces))
        if text and not self._skipping:
            if self._tag == "h1" and not self.headline:
                self.headline = text
            self._blocks.append(_Block(text, self._link_text, self._bodies > 0, self._tag != "div"))
        self._pieces, self._link_text = [], 0

    def paragraphs(self) -> list[str]:
        """The texts of the blocks that are the page's body."""
        self._end_block()
        blocks = [block for block in self._blocks if block.link_text <= _LINK_SHARE * len(block.text)]
        inside = [block for block in blocks if block.in_body]
        total = sum(len(block.text) for block in blocks)
        if sum(len(block.text) for block in inside) >= _BODY_SHARE * total:
            blocks = inside
        texts = [block.text for block in blocks if block.text != self.headline and _is_sentence(block.text)]
        return list(dict.fromkeys(texts))


def _is_sentence(text: str) -> bool:
    """Whether a block is prose rather than a label, a button or a line that pages add to any article."""
    words = len(text.split())
    return words >= _FEWEST_WORDS and not (words <= _LONGEST_ADDED and _ADDED.match(text))
