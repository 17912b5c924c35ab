"""`easel edit`: other words for a post. An approved post has to be approved again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def edit(
    post_id: Annotated[str, typer.Argument(metavar="POST", help="The id of the post.")],
    text: Annotated[str, typer.Argument(help="What it says now, or - to read it from standard input.")] = "",
    file: Annotated[Path | None, typer.Option(help="Read the text from a file.")] = None,
    to: Annotated[str, typer.Option("--to", help="Only what this network gets, such as x.")] = "",
) -> None:
    """Change what a post says. What was planned with an earlier approval is taken off the plan."""
    from bot.cli.post import parse_networks, read_draft
    from bot.cli.session import person
    from bot.pipeline.publish import edit
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings
    from generation.prompting import clean_draft

    words, _ = clean_draft(read_draft(text, file))
    networks = parse_networks(to) if to else []
    post = edit(Studio(load_settings()), post_id, person(), words, networks)
    typer.echo(f"{post.id} is in {post.state}. `easel review {post.id}` goes on with it.")
