"""Where a post is shown: its channel decides whose rules hold."""

from __future__ import annotations

from bot.errors import Misuse
from bot.slack.desk import Desk


async def channel_of(desk: Desk, post_id: str) -> str:
    """The channel of a post's thread.

    Raises:
        Misuse: if the post is not shown in Slack.
    """
    thread = await desk.do(desk.records.thread, post_id)
    if thread is None:
        raise Misuse(f"{post_id} is not shown in this workspace.")
    return thread.channel
