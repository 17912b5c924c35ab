"""`easel brief`: what is understood of a draft, and what would be drawn for it. Nothing is stored, drawn or sent."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from generation.prompting import Brief, RulesWriter
    from generation.prompting.llm import LLMWriter

WRITERS = ("rules", "llm")
MOST_CHARACTERS = 1_000_000
"""Read from standard input at most; a draft is far shorter, and what is longer is refused as a draft."""


def brief(
    draft: Annotated[str, typer.Argument(help="The draft of the post, or - to read it from standard input.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="Drafts, one a line; prints one JSON object a line. - is standard input.")
    ] = None,
    article: Annotated[
        str, typer.Option(help="An article to illustrate: a web address or a file. DRAFT is then the post beside it.")
    ] = "",
    writer: Annotated[str, typer.Option(help="Who writes the brief: rules or llm.")] = "rules",
    llm_url: Annotated[
        str, typer.Option(envvar="EASEL_LLM_URL", help="An OpenAI-compatible server, such as http://localhost:8080/v1.")
    ] = "",
    llm_model: Annotated[str, typer.Option(envvar="EASEL_LLM_MODEL", help="The model's name on that server.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the brief of a draft: plain words, picture prompt, words to avoid, alt text, topics."""
    from bot.errors import Misuse

    if writer not in WRITERS:
        raise Misuse(f"--writer {writer} is unknown: use {' or '.join(WRITERS)}.")
    if article and file:
        raise Misuse("Give --article or --file, not both.")
    if article:
        print_article(article, draft, as_json=json)
        return
    if bool(draft) == bool(file):
        raise Misuse("Give one draft, or --file with one draft a line. `easel brief --help` shows both.")
    briefs = open_llm_writer(llm_url, llm_model) if writer == "llm" else open_writer()
    if file:
        write_lines(briefs, drafts_in(file))
        return
    made = briefs.write(read_standard_input() if draft == "-" else draft)
    if json:
        print_json(made.to_dict())
    else:
        print_brief(made)


def open_writer() -> RulesWriter:
    """The rules writer with the tables and the brand in config/."""
    from bot.settings import CONFIG
    from generation.prompting import RulesWriter

    return RulesWriter.load(CONFIG)


def open_llm_writer(url: str, model: str) -> LLMWriter:
    """The writer that asks a language model; its key is OPENAI_API_KEY.

    Raises:
        Misuse: no model is named, or OpenAI's own server is meant and there is no key.
    """
    from bot.errors import Misuse
    from bot.settings import CONFIG
    from generation.prompting.llm import OPENAI_URL, Connection, LLMWriter, Prompts

    key = os.environ.get("OPENAI_API_KEY", "")
    if not model:
        raise Misuse("--writer llm needs a model: --llm-model NAME, or EASEL_LLM_MODEL. --llm-url says where it is.")
    if not url and not key:
        raise Misuse("OpenAI needs a key in OPENAI_API_KEY; for a server of your own give --llm-url.")
    return LLMWriter(open_writer(), Connection(model, url or OPENAI_URL, key), Prompts.load(CONFIG / "prompts"))


def read_standard_input() -> str:
    """A draft from standard input.

    Raises:
        Misuse: it is not text.
    """
    from bot.errors import Misuse

    try:
        return sys.stdin.read(MOST_CHARACTERS)
    except UnicodeDecodeError:
        raise Misuse("Standard input is not UTF-8 text. Give the draft as plain text.") from None


def drafts_in(file: Path) -> Iterator[str]:
    """The lines of a file of drafts, read one at a time.

    Raises:
        Misuse: the file cannot be read as text.
    """
    from bot.errors import Misuse

    try:
        if str(file) == "-":
            yield from sys.stdin
            return
        with file.open(encoding="utf-8") as lines:
            yield from lines
    except UnicodeDecodeError:
        raise Misuse(f"{file} is not UTF-8 text. Save it as UTF-8, one draft a line.") from None
    except OSError as error:
        raise Misuse(f"{file} cannot be read: {error.strerror}.") from None


def write_lines(briefs: RulesWriter | LLMWriter, drafts: Iterable[str]) -> None:
    """One JSON object for each line: its brief, or `draft` and `error` where the line is no draft; empty lines too."""
    from generation.prompting import DraftError

    for line in drafts:
        try:
            print_json(briefs.write(line).to_dict())
        except DraftError as error:
            print_json({"draft": line.rstrip("\n"), "error": str(error)})


def print_article(where: str, draft: str, *, as_json: bool) -> None:
    """Fetch or read an article and show each stage of its brief."""
    from bot.articles import open_article
    from generation.prompting.article import read_article, write_article

    page = open_article(where)
    made = write_article(open_writer(), read_article(page.text, is_html=page.is_html or None), draft=draft)
    if as_json:
        print_json({"source": page.url, **made.to_dict()})
        return
    from rich.console import Console
    from rich.text import Text

    console = Console()
    console.print(
        Text(f"{made.title or 'Untitled'} ({made.word_count:,} words, {len(made.chunks)} parts)", style="bold")
    )
    for part in made.chunks:
        names = ", ".join(topic.name for topic in part.topics) or "no topic of its own"
        console.print(Text(f"  {part.opening} …  →  {names}", style="dim"))
    print_brief(made.brief)


def print_json(plain: object) -> None:
    """One line of JSON on standard output, in UTF-8 letters."""
    from json import dumps

    sys.stdout.write(dumps(plain, ensure_ascii=False) + "\n")


def print_brief(made: Brief) -> None:
    """The brief as a person reads it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold", no_wrap=True)
    rows.add_column(overflow="fold")
    for name, value in (
        ("plain words", made.normalized),
        ("language", made.language),
        ("prompt", made.prompt),
        ("avoid", ", ".join(made.negative)),
        ("alt text", made.alt_text),
        ("topics", ", ".join(made.topics)),
        ("writer", made.writer),
    ):
        rows.add_row(name, Text(value))
    console.print(rows)
    for span in made.spans:
        console.print(Text(f"  {span.text}  →  {span.meaning or 'left out'}  ({span.kind})"), style="dim")
    for network, text in made.suggestions.items():
        console.print(Text(f"for {network}: {text}"))
    for notice in made.notices:
        console.print(Text(notice), style="yellow")
