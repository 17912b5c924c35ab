"""Reminders in the records: audit rows, so that whoever shows what happened to a post or an account shows them too."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.records.base import RecordsBase
from bot.records.states import CONNECTED, REMINDED, AccountState, PostState
from bot.records.tables import AccountRow, AuditRow, Post
from bot.records.values import EASEL


class ReminderRecords(RecordsBase):
    """What waits too long, in any workspace, and that somebody was reminded of it."""

    def in_review_since(self, before: datetime) -> list[tuple[Post, datetime]]:
        """Posts that went into review, or were last edited there, before then, and when that was."""
        since = func.max(AuditRow.at)
        query = (
            select(Post, since)
            .join(AuditRow, AuditRow.subject == Post.id)
            .where(Post.state == PostState.REVIEW, AuditRow.to_state == PostState.REVIEW)
            .group_by(Post.id)
            .having(since < before)
        )
        with self.reading() as session:
            return [(post, at) for post, at in session.execute(query)]

    def accounts_ending(self, before: datetime) -> list[AccountRow]:
        """Connected accounts whose tokens end before then and cannot be renewed without a person."""
        query = select(AccountRow).where(AccountRow.state.in_(CONNECTED), AccountRow.expires_at < before)
        with self.reading() as session:
            return list(session.scalars(query))

    def remind(self, row: Post | AccountRow, due_at: datetime, now: datetime, why: str) -> bool:
        """Write a reminder that was due then, unless it was written or the row was moved since it was read."""
        with self.transaction() as session:
            met: Any = session.get(type(row), row.id, with_for_update=True)
            if met is None or met.state != row.state or reminded_since(session, row.id, due_at):
                return False
            reminder = self.audit_row(row.id, EASEL, row.state, REMINDED, why, row.workspace)
            reminder.at = now
            session.add(reminder)
            if isinstance(met, AccountRow) and met.state == AccountState.ACTIVE:
                met.notice = why  # a paused account's notice says why it is paused
        return True


def reminded_since(session: Session, subject: str, since: datetime) -> bool:
    """Whether somebody was reminded of the subject since then."""
    query = select(AuditRow.id).where(AuditRow.subject == subject, AuditRow.to_state == REMINDED, AuditRow.at >= since)
    return session.scalars(query.limit(1)).first() is not None
