"""`easel moderate`: the verdicts on texts and pictures, for people and for scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.errors import Misuse

if TYPE_CHECKING:
    from moderation import Moderators, Verdict

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".svg"})
LONGEST_LINE = 100_000
"""Characters of one text; longer than any post or article a network takes."""


def moderate(
    subjects: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT|PICTURE...", help="texts, or files of pictures")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="a file of texts, one a line; prints one JSON object a line")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line instead of a table")] = False,
    network: Annotated[
        list[str] | None, typer.Option("--to", help="the network it is meant for; may be repeated")
    ] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="the channel it was asked from")] = None,
    account: Annotated[str | None, typer.Option("--account", help="the account it is meant for")] = None,
    policy: Annotated[Path | None, typer.Option("--policy", help="another moderation.toml")] = None,
) -> None:
    """Print what the moderators say of texts or pictures."""
    from bot.settings import load_settings
    from moderation import Moderators, decide

    if bool(subjects) == bool(file):
        raise Misuse('Say what to judge: easel moderate "some text", easel moderate picture.png, or --file LINES.')
    moderators = Moderators.load(policy or load_settings().moderation_policy)
    audience = {"network": network, "channel": channel, "account": account}
    for kind, subject in _lines(file) if file else _subjects(subjects or []):
        verdicts = _judge(moderators, kind, subject, audience)
        if as_json or file:
            entry = {kind: subject, "decision": decide(verdicts).word, "verdicts": [v.to_dict() for v in verdicts]}
            typer.echo(json.dumps(entry, ensure_ascii=False))
        else:
            _show(kind, subject, verdicts)


def _judge(moderators: Moderators, kind: str, subject: str, audience: dict[str, Any]) -> tuple[Verdict, ...]:
    if kind == "file":
        return moderators.judge_picture(Path(subject), **audience)
    return moderators.judge_text(subject, where="text", **audience)


def _subjects(subjects: list[str]) -> Iterator[tuple[str, str]]:
    for subject in subjects:
        looks_like_picture = Path(subject).suffix.lower() in PICTURE_SUFFIXES and len(subject.split()) == 1
        if not subject.strip():
            raise Misuse(f"{subject!r}: neither a text nor the path of a picture.")
        if _leads_to(Path.is_dir, subject):
            raise Misuse(f"{subject}: a folder. Give the path of a picture in it, or a text.")
        if _leads_to(Path.is_file, subject):
            yield "file", subject
        elif looks_like_picture:
            raise Misuse(f"{subject}: no such picture. Give the path of a file, or a text.")
        else:
            yield "text", _checked(subject, "the text")


def _leads_to(is_kind: Callable[[Path], bool], subject: str) -> bool:
    try:
        return is_kind(Path(subject))
    except (OSError, ValueError):  # too long for a path, or with a NUL: a text
        return False


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    """Each line of `file` as a text, empty ones too, so that the output has a line for each."""
    try:
        with file.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                yield "text", _checked(line.rstrip("\r\n"), f"{file}, line {number}")
    except OSError as error:
        raise Misuse(f"{file}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise Misuse(f"{file}: not UTF-8 text. Save the file as UTF-8, one text a line.") from error


def _checked(text: str, where: str) -> str:
    """`text` if it is not too long, with question marks for bytes that are no UTF-8."""
    if len(text) > LONGEST_LINE:
        raise Misuse(f"{where}: {len(text):,} characters, more than the {LONGEST_LINE:,} of one text.")
    return text.encode(errors="replace").decode()


def _show(kind: str, subject: str, verdicts: tuple[Verdict, ...]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from moderation import decide

    colours = {"allow": "green", "review": "yellow", "block": "red"}
    decision = decide(verdicts).word
    title = subject if len(subject) <= 60 else subject[:59] + "…"
    table = Table(title=f"{escape(title)}: [{colours[decision]}]{decision}[/]", title_justify="left")
    for column in ("moderator", "decision", "reason", "highest scores"):
        table.add_column(column, overflow="fold")
    for verdict in verdicts:
        word = verdict.decision.word
        highest = sorted(verdict.scores.items(), key=lambda item: -item[1])[:2]
        scores = ", ".join(f"{category} {score:.2f}" for category, score in highest)
        table.add_row(verdict.moderator, f"[{colours[word]}]{word}[/]", escape(verdict.reason), scores)
    Console().print(table)
