"""Where a post is shown: its channel decides whose rules hold."""

from __future__ import annotations

from bot.errors import Misuse
from bot.records.tables import ThreadRow
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


def link_to(thread: ThreadRow | None, address: str) -> str:
    """The address of a thread's first message; empty where there is none yet. `address` is the workspace's own."""
    if thread is None or not thread.thread_ts or not address:
        return ""
    return f"{address.rstrip('/')}/archives/{thread.channel}/p{thread.thread_ts.replace('.', '')}"
