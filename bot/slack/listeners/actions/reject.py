"""The button "Reject": nothing of the post goes out."""

from __future__ import annotations

from bot.pipeline.review import reject
from bot.records.tables import RequestRow
from bot.roles import Role
from bot.slack.desk import Desk
from bot.slack.payloads import post_in
from bot.slack.places import channel_of

ACTION = "reject"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Reject the post."""
    post_id, version, _ = post_in(row.body["value"])
    await desk.need(row.body["user"], Role.APPROVER, await channel_of(desk, post_id))
    await desk.do(reject, desk.studio, post_id, row.person, version=version)
