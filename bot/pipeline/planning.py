"""What an approval would send where and when, and refusing at once what a network would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.errors import Misuse
from bot.pipeline.audience import targets
from bot.records import PublicationState
from bot.records.options import PostOptions
from bot.records.tables import CandidateRow, Post
from bot.records.values import Planned
from publishers import limits_of

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from bot.schedule import Timing


def plan(
    studio: Studio,
    post: Post,
    picks: Sequence[CandidateRow],
    *,
    carousel: bool = False,
    apart: bool = False,
    timing: Timing | None = None,
) -> list[Planned]:
    """What an approval of `picks` would send to each account that does not have the post already.

    Each account gets all picks, or (`apart`) one of them in turn. With `carousel`, several pictures go as one document
    where the network shows such, and one by one elsewhere. `timing` is when, in place of what the post says.

    Raises:
        Misuse: if a network would refuse it, in that network's words, before anything is approved.
    """
    from bot.schedule import Timing, next_free_slot

    if picks:
        _ = studio.signer  # a certificate that cannot sign is met before anything is approved
    pictures = tuple((pick.picture, alt_text(studio, post, pick)) for pick in picks)
    published = {
        (row.network, row.account)
        for row in studio.records.publications(post.id)
        if row.state == PublicationState.PUBLISHED
    }
    now = datetime.now(UTC)
    timing = timing or Timing(post.due_at, post.next_slot)
    plans = []
    for index, (network, account) in enumerate(targets(studio, post)):
        if (network, account) in published:
            continue
        text = (post.texts or {}).get(network, post.draft)
        chosen = (pictures[index % len(pictures)],) if apart and pictures else pictures
        as_pages = carousel and len(chosen) > 1 and limits_of(network).carousel_pages > 0
        refuse_unpublishable(text, [network], [alt for _, alt in chosen], carousel=as_pages)
        due_at = next_free_slot(studio.records, network, account, now) if timing.slot else timing.at
        plans.append(Planned(network, account, text, chosen, due_at, as_pages))
    if not plans:
        raise Misuse(f"{post.id} is published everywhere it was meant for; write a new post instead.")
    return plans


def alt_text(studio: Studio, post: Post, pick: CandidateRow) -> str:
    """What a picture is described as: in a person's words where there are any, else in its brief's."""
    written = PostOptions.from_dict(post.options).alt_text
    brief = studio.records.brief(pick.brief_id).body
    return written or str(brief["alt_text"] or f"An illustration: {brief['prompt']}.")


def refuse_unpublishable(
    text: str, networks: Sequence[str], alts: Sequence[str] = (), *, carousel: bool = False
) -> None:
    """Raise Misuse if a network would refuse the text or that many pictures."""
    problems = [
        problem for network in networks for problem in limits_of(network).problems(text, alts, carousel=carousel)
    ]
    if problems:
        raise Misuse(" ".join(problems))
