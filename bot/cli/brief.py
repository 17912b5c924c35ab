"""`easel brief`: what is understood of a draft, and what would be drawn for it.

Nothing is drawn or sent, and nothing kept but what a language model took.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.printing import print_json

if TYPE_CHECKING:
    from rich.console import Console

    from bot.pipeline.writing import Writer
    from bot.settings import Settings
    from generation.prompting import Brief

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
    writer: Annotated[str, typer.Option(help="Who writes it: rules or llm. Default: the setting `writer`.")] = "",
    llm_url: Annotated[
        str, typer.Option(help="An OpenAI-compatible server, such as http://localhost:8080/v1. Default: the setting.")
    ] = "",
    llm_model: Annotated[str, typer.Option(help="The model's name on that server. Default: the setting.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the brief of a draft: plain words, picture prompt, words to avoid, alt text, topics."""
    from bot.errors import Misuse
    from bot.pipeline.studio import Studio
    from bot.pipeline.understanding import understand_article

    if article and file:
        raise Misuse("Give --article or --file, not both.")
    if not article and bool(draft) == bool(file):
        raise Misuse("Give one draft, or --file with one draft a line. `easel brief --help` shows both.")
    studio = Studio(chosen_settings(writer, llm_url, llm_model))
    if file:
        write_lines(studio.writer, drafts_in(file))
        return
    draft = read_standard_input() if draft == "-" else draft
    made = understand_article(studio, article, draft) if article else studio.writer.write(draft)
    if json:
        print_json(made.to_dict())
    else:
        print_brief(made)


def chosen_settings(writer: str, llm_url: str, llm_model: str) -> Settings:
    """The settings, with what the options say instead.

    Raises:
        Misuse: there is no such writer.
    """
    from bot.errors import Misuse
    from bot.pipeline.writing import LLM, RULES
    from bot.settings import load_settings

    if writer not in ("", RULES, LLM):
        raise Misuse(f"--writer {writer} is unknown: use {RULES} or {LLM}.")
    given = {"writer": writer, "llm_url": llm_url, "llm_model": llm_model}
    return load_settings().model_copy(update={name: value for name, value in given.items() if value})


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


def write_lines(briefs: Writer, drafts: Iterable[str]) -> None:
    """One JSON object for each line: its brief, or `draft` and `error` where the line is no draft; empty lines too."""
    from generation.prompting import DraftError

    for line in drafts:
        try:
            print_json(briefs.write(line).to_dict())
        except DraftError as error:
            print_json({"draft": line.rstrip("\n"), "error": str(error)})


def print_brief(made: Brief) -> None:
    """The brief as a person reads it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if made.article:
        print_stages(console, made.article)
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


def print_stages(console: Console, article: Mapping[str, Any]) -> None:
    """How an article was read: its parts with their topics, and the topics of the whole."""
    from rich.text import Text

    parts = article["chunks"]
    title = article["title"] or "Untitled"
    console.print(Text(f"{title} ({article['word_count']:,} words, {len(parts)} parts)", style="bold"))
    for part in parts:
        names = ", ".join(part["topics"]) or "no topic of its own"
        console.print(Text(f"  {part['opening']} …  →  {names}", style="dim"))
    pictures = (f"{t['name']} ({t['picture']})" if t["picture"] else t["name"] for t in article["topics"])
    console.print(Text(f"  together  →  {', '.join(pictures)}"))
