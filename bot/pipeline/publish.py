"""Approving picks, editing, and publishing within this process; `easel serve` does the rest."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import Misuse
from bot.pipeline.audience import Audience
from bot.records import PublicationState
from bot.records.options import PostOptions
from bot.records.publications import COMING, account_of
from bot.records.store import Planned
from bot.records.tables import CandidateRow, Post, PublicationRow
from publishers import limits_of

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from bot.schedule import Timing

PATIENCE = timedelta(seconds=20)
"""How long a terminal waits for a publication to come to an end before it leaves the rest to `easel serve`."""

POLL_SECONDS = 0.1


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
        refuse_unpublishable(studio, text, [network], [alt for _, alt in chosen], carousel=as_pages)
        due_at = next_free_slot(studio.records, network, account, now) if timing.slot else timing.at
        plans.append(Planned(network, account, text, chosen, due_at, as_pages))
    if not plans:
        raise Misuse(f"{post.id} is published everywhere it was meant for; write a new post instead.")
    return plans


def targets(studio: Studio, post: Post) -> list[tuple[str, str]]:
    """The (network, account) pairs that a post goes to: those asked for, else the first account of each network."""
    from bot.accounts import account_name

    asked = PostOptions.from_dict(post.options).accounts
    pairs = []
    for network in post.networks:
        names = [account for its_network, account in asked if its_network == network]
        pairs += [(network, name) for name in names or [account_name(studio.records, network)]]
    return pairs


def alt_text(studio: Studio, post: Post, pick: CandidateRow) -> str:
    """What a picture is described as: in a person's words where there are any, else in its brief's."""
    written = PostOptions.from_dict(post.options).alt_text
    brief = studio.records.brief(pick.brief_id).body
    return written or str(brief["alt_text"] or f"An illustration: {brief['prompt']}.")


def refuse_unpublishable(
    studio: Studio, text: str, networks: Sequence[str], alts: Sequence[str] = (), *, carousel: bool = False
) -> None:
    """Raise Misuse if a network would refuse the text or that many pictures."""
    limits = [studio.publisher(network).limits for network in networks]
    if problems := [problem for item in limits for problem in item.problems(text, alts, carousel=carousel)]:
        raise Misuse(" ".join(problems))


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
    from bot.pipeline.prepare import block_reason

    post = studio.records.post(post_id)
    everywhere = [network for network in post.networks if network not in (texts or post.texts or {})]
    audience = Audience.of(studio, post)
    words = [*([(draft, everywhere)] if draft is not None else []), *((t, [n]) for n, t in (texts or {}).items())]
    for text, networks in words:
        refuse_unpublishable(studio, text, networks)
        readers = replace(audience, networks=tuple(networks))
        if reason := block_reason(readers.judge_text(studio, text, "draft")):
            raise Misuse(f"The text was stopped by moderation, and {post_id} stays as it was. {reason}")
    told = options.alt_text if options else None
    if told:
        refuse_unpublishable(studio, "", post.networks, [told])
    if told and (reason := block_reason(audience.judge_text(studio, told, "alt text"))):
        raise Misuse(f"The alt text was stopped by moderation, and {post_id} stays as it was. {reason}")
    return studio.records.edit_post(
        post_id, person, "edited", draft=draft, texts=texts, options=options, version=version
    )


def publish(studio: Studio, publication_id: str) -> PublicationRow:
    """Send one planned publication now and follow it to its end; a failure is recorded, not raised.

    A visit that a worker of `easel serve` has taken is its own; its result is waited for. What has not ended within
    `PATIENCE` (a network asks to wait, a lookup must wait) is left to `easel serve`.
    """
    from bot.pipeline.visit import visit

    records = studio.records
    patient_until = datetime.now(UTC) + PATIENCE
    row = records.publication(publication_id)
    while row.state in COMING and row.visit_at <= patient_until and datetime.now(UTC) < patient_until:
        if account_of(row) in records.paused_accounts():
            break
        mine = records.claim_visit(publication_id, row.attempt) if row.visit_at <= datetime.now(UTC) else None
        if mine:
            row = visit(studio, publication_id, mine.attempt)
        else:
            time.sleep(POLL_SECONDS)
            row = records.publication(publication_id)
    return row
