"""Giving a post other words: judged anew, and what was approved of it is void."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.errors import Misuse
from bot.pipeline.audience import Audience
from bot.pipeline.judging import block_reason
from bot.pipeline.planning import refuse_unpublishable
from bot.records.options import PostOptions
from bot.records.tables import Post

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio


def edit(studio: Studio, post_id: str, person: str, text: str, only: Sequence[str] = ()) -> Post:
    """Give a post other words, everywhere or `only` on some networks; see `rewrite` for what is raised."""
    post = studio.records.post(post_id)
    if missing := [network for network in only if network not in post.networks]:
        raise Misuse(f"{post_id} does not go to {missing[0]}; it goes to {', '.join(post.networks)}.")
    if only:
        return rewrite(studio, post_id, person, texts=dict.fromkeys(only, text))
    return rewrite(studio, post_id, person, draft=text)


def rewrite(
    studio: Studio,
    post_id: str,
    person: str,
    *,
    draft: str | None = None,
    texts: Mapping[str, str] | None = None,
    options: PostOptions | None = None,
    version: int | None = None,
) -> Post:
    """Change a post's draft, the words for single networks, its options; an approval of it is void from then on.

    Raises:
        Misuse: if moderation blocks the words or a network would refuse them; the post stays as it was.
        Refused: if the post is being drawn, ended, part of it is on its way, or it has moved on since `version`.
    """
    post = studio.records.post(post_id)
    everywhere = [network for network in post.networks if network not in (texts or post.texts or {})]
    audience = Audience.of(studio, post)
    words = [*([(draft, everywhere)] if draft is not None else []), *((t, [n]) for n, t in (texts or {}).items())]
    for text, networks in words:
        refuse_unpublishable(text, networks)
        readers = replace(audience, networks=tuple(networks))
        if reason := block_reason(readers.judge_text(studio, text, "draft")):
            raise Misuse(f"The text was stopped by moderation, and {post_id} stays as it was. {reason}")
    told = options.alt_text if options else None
    if told:
        refuse_unpublishable("", post.networks, [told])
    if told and (reason := block_reason(audience.judge_text(studio, told, "alt text"))):
        raise Misuse(f"The alt text was stopped by moderation, and {post_id} stays as it was. {reason}")
    return studio.records.edit_post(
        post_id, person, "edited", draft=draft, texts=texts, options=options, version=version
    )
