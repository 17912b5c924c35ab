"""The button "Again": new candidates; the old ones stay in the thread."""

from __future__ import annotations

from bot.pipeline.seeds import seeds_of
from bot.quota import refuse_over_quota
from bot.records.options import PostOptions
from bot.records.tables import RequestRow
from bot.roles import Role
from bot.slack.desk import Desk
from bot.slack.payloads import post_in
from bot.slack.places import channel_of

ACTION = "again"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Order a drawing with new seeds."""
    post_id, version, _ = post_in(row.body["value"])
    await desk.need(row.body["user"], Role.REQUESTER, await channel_of(desk, post_id))
    await desk.do(refuse_over_quota, desk.records, desk.settings, row.person)
    post = await desk.do(desk.records.post, post_id)
    seeds = seeds_of(row.key, PostOptions.from_dict(post.options).count or desk.settings.count)
    order = desk.records.order_drawing
    await desk.do(order, post_id, row.person, seeds, "asked for new pictures", version=version)
