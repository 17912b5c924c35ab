"""`easel provenance`: whose content credentials a file carries, what they say, and whether they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.printing import print_json

if TYPE_CHECKING:
    from bot.provenance import Credentials

MOST_BYTES = 100_000_000
"""LinkedIn's largest document; no published picture is larger."""

MEANINGS = {
    "trusted": "the file is as it was signed, by this Easel",
    "valid": "the file is as it was signed, by somebody whom nobody here vouches for",
    "invalid": "the file is damaged, or not as it was signed",
    "none": "the file carries no content credentials",
}


def provenance(
    file: Annotated[Path, typer.Argument(help="A PNG, JPEG, WebP or PDF file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show and verify the content credentials of a file: exit status 0 if they hold, 1 if not or if there are none."""
    from bot.provenance import Identity, State, read_credentials
    from bot.settings import load_settings

    credentials = read_credentials(read(file), Identity.known(load_settings()))
    if as_json:
        print_json(credentials.to_dict())
    else:
        for line in told(credentials):
            typer.echo("".join(letter if letter.isprintable() else "?" for letter in line))  # others wrote it
    raise typer.Exit(0 if credentials.state in (State.TRUSTED, State.VALID) else 1)


def read(file: Path) -> bytes:
    """The bytes of a file that is not too large to be a picture."""
    from bot.errors import Misuse

    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise Misuse(f"{file}: cannot be read ({error.strerror}).") from None
    if len(data) > MOST_BYTES:
        raise Misuse(f"{file}: larger than the {MOST_BYTES:,} bytes that are looked at.")
    return data


def told(credentials: Credentials) -> Iterator[str]:
    """What a person reads."""
    yield f"{credentials.state}: {MEANINGS[credentials.state]}"
    yield from (f"  problem: {problem}" for problem in credentials.problems)
    if credentials.signer:
        yield f"  signed by: {credentials.signer}"
    if credentials.generator:
        yield f"  written by: {credentials.generator}"
    if credentials.made_with_ai:
        yield "  made by a model (IPTC trainedAlgorithmicMedia)"
    facts = dict(credentials.generation or {})
    for number, picture in enumerate(facts.pop("pictures", []), 1):
        details = picture.items() if isinstance(picture, dict) else ()
        yield f"  picture {number}: " + ", ".join(f"{name} {value}" for name, value in details)
    yield from (f"  {name.replace('_', ' ')}: {value}" for name, value in facts.items())
