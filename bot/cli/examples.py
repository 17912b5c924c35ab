"""`easel examples`: what people made of briefs in review, from which a language model learns."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.printing import print_json


def examples(
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, in the form of config/prompts/examples.jsonl.")
    ] = False,
    forget: Annotated[str, typer.Option(metavar="ID", help="Take this example away.")] = "",
) -> None:
    """List, export or forget the edits that the language-model writer is shown as examples."""

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from bot.pipeline.studio import Studio
    from bot.settings import load_settings

    records = Studio(load_settings()).records
    if forget:
        records.forget_example(forget)
        typer.echo(f"{forget} is forgotten.")
        return
    rows = records.examples()
    if json:
        for row in rows:
            print_json(row.body)
        return
    if not rows:
        typer.echo("No brief was edited yet. Edit a prompt in `easel review`, and it is kept here.")
        return
    table = Table("example", "by", "draft", "prompt", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        table.add_row(row.id, Text(row.person), Text(row.body["draft"]), Text(row.body["prompt"]))
    Console().print(table)
