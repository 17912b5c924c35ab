"""Which posts a person is shown outside of their threads: those to decide about, of channels that they can read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from bot.records.threads import Origin
from bot.roles import Role
from bot.slack.desk import Desk
from bot.slack.inbox import person_of


class Sight(NamedTuple):
    """Whether a person may decide about posts of one channel: their own, and those of others."""

    own: bool
    others: bool


async def decidable(desk: Desk, user: str, origins: Mapping[str, Origin]) -> set[str]:
    """Of these posts, those that a person may decide about and could see."""
    channels = {origin.channel for origin in origins.values()}
    sights = dict(zip(channels, await asyncio.gather(*(sight(desk, user, name) for name in channels)), strict=True))
    me = person_of(user)

    def is_open(origin: Origin) -> bool:
        seen = sights[origin.channel]
        return seen.own if origin.person == me else seen.others

    return {post_id for post_id, origin in origins.items() if is_open(origin)}


async def sight(desk: Desk, user: str, channel: str) -> Sight:
    """What a person may decide about in a channel.

    Whoever is an approver by name sees all posts there are to approve. Whoever is one as everybody is sees those of
    channels that they can read: no private ones that they are not in, and nobody else's direct messages. Posts of the
    terminal (no channel) are the whole workspace's.
    """
    if not await desk.may(user, Role.APPROVER, channel):
        return Sight(own=False, others=False)
    rules = await desk.rules(channel)
    is_named = rules.allow(user, Role.APPROVER, is_guest=True)
    readers = None if is_named or not channel else await desk.readers(channel)
    return Sight(own=not rules.two_people, others=readers is None or user in readers)
