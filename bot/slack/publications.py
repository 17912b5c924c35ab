"""One place that a post goes to, as a person saw it when they clicked."""

from __future__ import annotations

from bot.errors import Misuse
from bot.records.tables import PublicationRow, RequestRow
from bot.roles import Role
from bot.slack.desk import Desk
from bot.slack.payloads import publication_in
from bot.slack.places import channel_of


async def seen_publication(desk: Desk, row: RequestRow) -> PublicationRow:
    """The publication that a button is about, for somebody who may decide about it.

    Raises:
        Misuse: if the person may not, or the publication has moved on since the button was shown.
    """
    publication_id, attempt = publication_in(row.body["value"])
    publication = await desk.do(desk.records.publication, publication_id)
    await desk.need(row.body["user"], Role.APPROVER, await channel_of(desk, publication.post_id))
    if publication.attempt != attempt:
        raise Misuse(f"This has moved on: on {publication.network} the post is {publication.state} by now.")
    return publication


async def say_whether_there(desk: Desk, row: RequestRow, *, there: bool) -> None:
    """A person looked where Easel cannot know."""
    publication = await seen_publication(desk, row)
    await desk.do(desk.records.confirm, publication.id, there, row.person, attempt=publication.attempt)
