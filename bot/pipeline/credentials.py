"""The last thing done to a picture before it leaves: its credentials, from what the records know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.errors import EaselError
from bot.records import PostState
from bot.records.values import UNSEEN

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from bot.provenance import Facts
    from bot.provenance.facts import Drawing
    from bot.records.tables import PublicationRow


def signed(studio: Studio, row: PublicationRow, digests: Sequence[str], data: bytes) -> bytes:
    """What is about to be uploaded, a picture or a carousel of the pictures `digests`, with content credentials.

    Raises:
        EaselError: a picture is no candidate of the post, or the credentials could not be signed.
    """
    return studio.signer.sign(data, facts_of(studio, row, digests))


def facts_of(studio: Studio, row: PublicationRow, digests: Sequence[str]) -> Facts:
    """How the pictures were made, and who approved them."""
    from bot.provenance import PERSON, UNATTENDED, Facts

    moves = [item for item in studio.records.audit(row.post_id) if item.to_state == PostState.APPROVED]
    approver = moves[-1].person if moves else ""
    unseen = bool(moves) and moves[-1].why.endswith(UNSEEN)
    told = studio.settings.credentials_approver == "hash" and approver
    return Facts(
        drawings=tuple(drawing_of(studio, row.post_id, digest) for digest in digests),
        tell_prompt=studio.settings.credentials_prompt,
        approved_by=UNATTENDED if unseen else PERSON,
        approver=studio.signer.unreadable(approver) if told else "",
    )


def drawing_of(studio: Studio, post_id: str, digest: str) -> Drawing:
    """How one picture of a post was made."""
    from bot.provenance import Drawing

    for candidate in reversed(studio.records.candidates(post_id)):
        if candidate.picture == digest:
            prompt = str(studio.records.brief(candidate.brief_id).body.get("prompt", ""))
            return Drawing(candidate.model, candidate.revision, candidate.seed, prompt)
    raise EaselError(f"The picture {digest[:12]}… is no candidate of {post_id}: nobody knows how it was made.")
