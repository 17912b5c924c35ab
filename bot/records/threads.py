"""Where posts are shown in Slack, and how much of them is shown there: what is not is found by the audit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select, update

from bot.records.drawings import new_drawing
from bot.records.posts import PostRecords
from bot.records.states import PostState
from bot.records.tables import AuditRow, DrawingRow, Post, PublicationRow, ThreadRow
from bot.records.values import NewPost

MOST_THREADS = 200
"""Of one look at what is new; the next look finds the rest."""


class Origin(NamedTuple):
    """Who asked for a post, and in which channel it is shown: empty where it is not shown in Slack."""

    person: str
    channel: str


class ThreadRecords(PostRecords):
    """One thread a post."""

    def start_post(
        self, post_id: str, new: NewPost, seeds: Sequence[int], channel: str, thread_ts: str | None = None
    ) -> bool:
        """A new post, the order to draw it and the thread it is shown in, in one transaction; False if it is there."""
        with self.transaction() as session:
            if session.get(Post, post_id) is not None:
                return False
            post = self.post_row(post_id, new)
            session.add(post)
            session.flush()
            session.add(new_drawing(post, new.person, seeds))
            session.add(self.audit_row(post_id, new.person, None, PostState.DRAFTED, "created"))
            session.add(
                ThreadRow(
                    post_id=post_id,
                    workspace=self.workspace,
                    channel=channel,
                    thread_ts=thread_ts,
                    messages={},
                    shown_audit=0,
                    created_at=post.created_at,
                )
            )
        return True

    def thread(self, post_id: str) -> ThreadRow | None:
        """Where the post is shown; None if nowhere in Slack."""
        with self.reading() as session:
            row = session.get(ThreadRow, post_id)
            return row if row is not None and row.workspace == self.workspace else None

    def channel_of(self, post_id: str) -> str | None:
        """The channel in Slack that a post was asked from."""
        row = self.thread(post_id)
        return row.channel if row else None

    def origins(self, post_ids: Collection[str]) -> dict[str, Origin]:
        """Where posts come from, by their ids."""
        query = (
            select(Post.id, Post.requested_by, ThreadRow.channel)
            .outerjoin(ThreadRow, ThreadRow.post_id == Post.id)
            .where(Post.workspace == self.workspace, Post.id.in_(post_ids))
        )
        with self.reading() as session:
            return {post_id: Origin(person, channel or "") for post_id, person, channel in session.execute(query)}

    def threads_to_show(self, since: datetime, workspaces: Collection[str] | None = None) -> list[ThreadRow]:
        """Threads of posts to which something happened since then that they do not show, and of posts being drawn."""
        subject = func.coalesce(PublicationRow.post_id, AuditRow.subject)
        news = (
            select(subject.label("post_id"), func.max(AuditRow.id).label("newest"))
            .outerjoin(PublicationRow, PublicationRow.id == AuditRow.subject)
            .where(AuditRow.at > since)
            .group_by(subject)
            .subquery()
        )
        query = (
            select(ThreadRow)
            .outerjoin(news, news.c.post_id == ThreadRow.post_id)
            .outerjoin(DrawingRow, DrawingRow.post_id == ThreadRow.post_id)
            .where(or_(news.c.newest > ThreadRow.shown_audit, DrawingRow.post_id.is_not(None)))
            .order_by(ThreadRow.created_at)
            .limit(MOST_THREADS)
        )
        if workspaces is not None:
            query = query.where(ThreadRow.workspace.in_(workspaces))
        with self.reading() as session:
            return list(session.scalars(query))

    def lease_thread(self, post_id: str, name: str, span: timedelta) -> ThreadRow | None:
        """Hold a thread against other processes; None while another holds it."""
        now = datetime.now(UTC)
        free = or_(ThreadRow.leased_until.is_(None), ThreadRow.leased_until < now, ThreadRow.leased_by == name)
        statement = (
            update(ThreadRow).where(ThreadRow.post_id == post_id, free).values(leased_by=name, leased_until=now + span)
        )
        with self.transaction() as session:
            if session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
                return None
            return session.get_one(ThreadRow, post_id)

    def save_thread(self, post_id: str, name: str, **values: Any) -> bool:
        """Remember what the thread shows, while this process still holds it; whether it did.

        `values` are `channel`, `thread_ts`, `messages`, `shown_audit`, `leased_until`.
        """
        statement = update(ThreadRow).where(ThreadRow.post_id == post_id, ThreadRow.leased_by == name)
        with self.transaction() as session:
            return session.execute(statement.values(**values)).rowcount == 1  # type: ignore[attr-defined, no-any-return]

    def newest_audit(self, post_id: str) -> int:
        """The id of the last thing that happened to a post or one of its publications."""
        of_post = select(PublicationRow.id).where(PublicationRow.post_id == post_id)
        query = select(func.max(AuditRow.id)).where(or_(AuditRow.subject == post_id, AuditRow.subject.in_(of_post)))
        with self.reading() as session:
            return session.execute(query).scalar() or 0
