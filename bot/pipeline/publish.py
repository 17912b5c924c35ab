"""Approving picks and getting a publication out: the intent is recorded before the network is asked to act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.errors import Misuse
from bot.records import PublicationState
from bot.records.store import Planned
from bot.records.tables import CandidateRow, Post, PublicationRow

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio

OUTBOX_ACCOUNT = "outbox"
"""The account on every network until one is connected."""


def plan(studio: Studio, post: Post, picks: Sequence[CandidateRow], alt_text: str) -> list[Planned]:
    """What an approval of `picks` would send to each network.

    Raises:
        Misuse: if a network would refuse it, in that network's words, before anything is approved.
    """
    pictures = tuple((pick.picture, alt_text) for pick in picks)
    plans = [Planned(network, OUTBOX_ACCOUNT, post.draft, pictures) for network in post.networks]
    refuse_unpublishable(studio, post.draft, post.networks, [alt for _, alt in pictures])
    return plans


def refuse_unpublishable(studio: Studio, text: str, networks: Sequence[str], alts: Sequence[str] = ()) -> None:
    """Raise Misuse if a network would refuse the text or that many pictures."""
    limits = [studio.publisher(network).limits for network in networks]
    if problems := [problem for item in limits for problem in item.problems(text, alts)]:
        raise Misuse(" ".join(problems))


def publish(studio: Studio, publication_id: str) -> PublicationRow:
    """Send one planned publication and record how it ended; a failure is recorded, not raised.

    Raises:
        Refused: if it is not planned (any more), or is not what was approved.
    """
    from publishers import Media, Outcome, Publication, PublishError

    records = studio.records
    row = records.publication(publication_id)
    publisher = studio.publisher(row.network)
    try:
        media: list[Media] = [
            publisher.upload(publisher.prepare(studio.pictures.read(digest)), alt) for digest, alt in row.pictures
        ]
    except PublishError as error:
        records.begin_publishing(publication_id)
        return records.finish_publishing(publication_id, PublicationState.FAILED, str(error), error=str(error))
    row = records.begin_publishing(publication_id)
    publication = Publication(
        id=row.id,
        text=row.text,
        media=tuple(media),
        body_hash=row.approval_hash,
        attempted_at=row.attempted_at or row.created_at,
    )
    try:
        published = publisher.create(publication)
    except PublishError as error:
        unknown = error.outcome is Outcome.UNKNOWN
        to = PublicationState.NEEDS_CONFIRMATION if unknown else PublicationState.FAILED
        return records.finish_publishing(publication_id, to, str(error), error=str(error))
    return records.finish_publishing(
        publication_id,
        PublicationState.PUBLISHED,
        published.status,
        remote_id=published.remote_id,
        url=published.url,
        error=None,
    )
