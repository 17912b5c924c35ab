"""Taking a published post off its network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Refused
from bot.pipeline.visit import publication_value, publisher_of
from bot.records import PublicationState

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from bot.records.tables import PublicationRow


def take_down(studio: Studio, publication_id: str, person: str) -> PublicationRow:
    """Delete a post on its network, then record it. Cut off between the two, it is done again: deleting repeats.

    Raises:
        Refused: naming the state, if it is not published or somebody else took it down first.
        PublishError: in the network's words, if it cannot be deleted; it stays published.
    """
    row = studio.records.publication(publication_id)
    if row.state != PublicationState.PUBLISHED:
        raise Refused(f"{publication_id} is {row.state}: only what is published can be taken down.")
    publisher_of(studio, row).delete(publication_value(row, []))
    return studio.records.record_taken_down(publication_id, person)
