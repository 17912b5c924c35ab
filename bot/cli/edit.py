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
    alt: Annotated[
        str, typer.Option("--alt", help="What its pictures are described as, for those who do not see.")
    ] = "",
) -> None:
    """Change what a post says. What was planned with an earlier approval is taken off the plan."""
    from dataclasses import replace

    from bot.cli.post import parse_networks, read_draft
    from bot.cli.session import person
    from bot.pipeline.rewriting import edit, rewrite
    from bot.pipeline.studio import Studio
    from bot.records.options import PostOptions
    from bot.settings import load_settings
    from generation.prompting import clean_draft

    studio = Studio(load_settings())
    if alt:
        options = replace(PostOptions.from_dict(studio.records.post(post_id).options), alt_text=alt)
        post = rewrite(studio, post_id, person(), options=options)
    if text or file or not alt:
        words, _ = clean_draft(read_draft(text, file))
        post = edit(studio, post_id, person(), words, parse_networks(to) if to else [])
    typer.echo(f"{post.id} is in {post.state}. `easel review {post.id}` goes on with it.")
