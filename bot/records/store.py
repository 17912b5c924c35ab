"""Reading and changing records. Every change of state is one compare-and-set with its audit row, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.errors import Misuse, Refused
from bot.records.accounts import AccountRecords
from bot.records.consents import ConsentRecords
from bot.records.drawings import DrawingRecords, refuse_outdated
from bot.records.forgetting import ForgettingRecords
from bot.records.judgements import JudgementRecords
from bot.records.learning import LearningRecords
from bot.records.options import PostOptions
from bot.records.outcomes import OutcomeRecords
from bot.records.publications import PublicationRecords
from bot.records.reminders import ReminderRecords
from bot.records.requests import RequestRecords
from bot.records.states import ENDED, POST_MOVES, PostState, PublicationState
from bot.records.tables import BriefRow, CandidateRow, Post, PublicationRow
from bot.records.threads import ThreadRecords
from bot.records.values import OUTBOX_ACCOUNT, Drawn, NewPost, Planned, approval_hash, new_id
from bot.records.visits import VisitRecords
from bot.records.workers import WorkerRecords
from bot.records.workspaces import WorkspaceRecords

__all__ = ["OUTBOX_ACCOUNT", "Drawn", "Planned", "Records", "approval_hash", "new_id"]


class Records(
    PublicationRecords,
    VisitRecords,
    AccountRecords,
    ConsentRecords,
    ForgettingRecords,
    ReminderRecords,
    WorkerRecords,
    DrawingRecords,
    JudgementRecords,
    LearningRecords,
    OutcomeRecords,
    RequestRecords,
    ThreadRecords,
    WorkspaceRecords,
):
    """The records of one workspace. Rows that are handed out are snapshots; change them through the methods."""

    def in_workspace(self, workspace: str) -> Records:
        """The records of another workspace in the same database."""
        return Records(self.engine, workspace)

    def create_post(
        self,
        person: str,
        draft: str,
        networks: Sequence[str],
        due_at: datetime | None,
        timezone: str,
        *,
        next_slot: bool = False,
        options: PostOptions | None = None,
    ) -> Post:
        """Keep a new draft; with `next_slot` each account publishes it in its next free slot."""
        new = NewPost(person, draft, networks, due_at, timezone, next_slot, options)
        post = self.post_row(new_id("post"), new)
        with self.transaction() as session:
            session.add(post)
            session.add(self.audit_row(post.id, person, None, PostState.DRAFTED, "created"))
        return post

    def post(self, post_id: str) -> Post:
        """The post with this id in this workspace.

        Raises:
            Misuse: if there is none.
        """
        with self.reading() as session:
            return self.find_post(session, post_id)

    def workspace_of(self, post_id: str) -> str:
        """The workspace that a post belongs to.

        Raises:
            Misuse: if there is no such post in any.
        """
        with self.reading() as session:
            post = session.get(Post, post_id)
            if post is None:
                raise Misuse(f"There is no post {post_id!r} in any workspace.")
            return post.workspace

    def move_post(
        self,
        post_id: str,
        to: PostState,
        person: str,
        why: str,
        *,
        expected: PostState,
        version: int | None = None,
    ) -> None:
        """Move a post from `expected` to `to`.

        Raises:
            Refused: naming the state it met, if somebody else moved it first or no such move exists.
        """
        with self.transaction() as session:
            refuse_outdated(session, self.find_post(session, post_id, lock=True), version)
            self.compare_and_set_post(session, post_id, expected, to, person, why)

    def add_brief(self, post_id: str, body: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> BriefRow:
        """Keep one version of the brief with the verdicts on its texts."""
        row = BriefRow(
            id=new_id("brief"),
            workspace=self.workspace,
            post_id=post_id,
            body=dict(body),
            verdicts=[dict(verdict) for verdict in verdicts],
            created_at=datetime.now(UTC),
        )
        with self.transaction() as session:
            session.add(row)
        return row

    def add_candidates(self, post_id: str, brief_id: str, drawn: Sequence[Drawn]) -> list[CandidateRow]:
        """Keep finished candidates, numbered on from those that the post already has."""
        now = datetime.now(UTC)
        with self.transaction() as session:
            count = select(func.count()).select_from(CandidateRow).where(CandidateRow.post_id == post_id)
            first = session.execute(count).scalar_one() + 1
            rows = [
                CandidateRow(
                    id=new_id("candidate"),
                    workspace=self.workspace,
                    post_id=post_id,
                    brief_id=brief_id,
                    number=number,
                    seed=item.seed,
                    score=item.score,
                    model=item.model,
                    revision=item.revision,
                    settings=dict(item.settings),
                    picture=item.picture,
                    fingerprint=item.fingerprint,
                    verdicts=[dict(verdict) for verdict in item.verdicts],
                    created_at=now,
                )
                for number, item in enumerate(drawn, start=first)
            ]
            session.add_all(rows)
        return rows

    def brief(self, brief_id: str) -> BriefRow:
        """The brief with this id."""
        with self.reading() as session:
            return session.get_one(BriefRow, brief_id)

    def briefs(self, post_id: str) -> list[BriefRow]:
        """All briefs of a post, the oldest first."""
        query = select(BriefRow).where(BriefRow.post_id == post_id).order_by(BriefRow.created_at)
        with self.reading() as session:
            return list(session.scalars(query))

    def latest_brief(self, post_id: str) -> BriefRow | None:
        """The newest brief of a post."""
        query = select(BriefRow).where(BriefRow.post_id == post_id).order_by(BriefRow.created_at.desc()).limit(1)
        with self.reading() as session:
            return session.scalars(query).first()

    def candidates(self, post_id: str) -> list[CandidateRow]:
        """All candidates of a post in the order in which they were drawn."""
        query = select(CandidateRow).where(CandidateRow.post_id == post_id).order_by(CandidateRow.number)
        with self.reading() as session:
            return list(session.scalars(query))

    def approve(
        self, post_id: str, plans: Sequence[Planned], person: str, why: str, *, version: int | None = None
    ) -> list[PublicationRow]:
        """Approve exactly `plans`, and plan a publication of each, in one transaction.

        The post moves from review to approved and remembers the hash of what was approved. A second approval, also
        one at the same moment, meets another state and is refused; with `version`, so is one of a post that has
        moved on since the person looked at it.
        """
        approved = approval_hash(plans)
        with self.transaction() as session:
            refuse_outdated(session, self.find_post(session, post_id, lock=True), version)
            post = self.compare_and_set_post(session, post_id, PostState.REVIEW, PostState.APPROVED, person, why)
            post.approval_hash = approved
            rows = self.plan_publications(session, post, plans)
            session.add_all(
                self.audit_row(row.id, person, None, PublicationState.PLANNED, f"approved with {post_id}")
                for row in rows
            )
        return rows

    def edit_post(
        self,
        post_id: str,
        person: str,
        why: str,
        *,
        draft: str | None = None,
        texts: Mapping[str, str] | None = None,
        options: PostOptions | None = None,
        version: int | None = None,
    ) -> Post:
        """Change what a post says, and with that void an approval of it.

        An approved post goes back to review and what was planned with it is cancelled, all in one transaction, so
        that nothing goes out between the edit and the next approval.

        Raises:
            Refused: naming the state, if the post is being prepared or ended, or part of it is on its way already.
        """
        editable = (PostState.DRAFTED, PostState.FAILED, PostState.REVIEW, PostState.APPROVED)
        with self.transaction() as session:
            post = self.find_post(session, post_id, lock=True)
            refuse_outdated(session, post, version)
            if post.state not in editable:
                raise Refused(f"{post_id} is {post.state}: it cannot be edited.")
            if post.state == PostState.APPROVED:
                self.withdraw_approval(session, post, person, why)
            if draft is not None:
                post.draft = draft
            if texts is not None:
                post.texts = {**(post.texts or {}), **texts}
            if options is not None:
                post.options = options.to_dict()
            session.add(self.audit_row(post_id, person, post.state, post.state, why))
        return post

    def withdraw_approval(self, session: Session, post: Post, person: str, why: str) -> None:
        """Take an approved post back to review inside a running transaction, with all that was planned with it."""
        rows = session.scalars(select(PublicationRow).where(PublicationRow.post_id == post.id).with_for_update()).all()
        for row in rows:
            if row.state in (PublicationState.PUBLISHING, PublicationState.NEEDS_CONFIRMATION):
                raise Refused(f"{row.id} is {row.state} on {row.network}: {post.id} cannot be edited now.")
        self.compare_and_set_post(session, post.id, PostState.APPROVED, PostState.REVIEW, person, why)
        post.approval_hash = None
        for row in rows:
            if row.state not in ENDED:
                self.move_publication(
                    session, row, (PublicationState(row.state),), PublicationState.CANCELLED, why, person=person
                )

    def posts_in(self, states: Collection[str], limit: int, person: str | None = None) -> list[Post]:
        """The newest posts in these states, of one person or of all."""
        query = select(Post).where(Post.workspace == self.workspace, Post.state.in_(states))
        if person is not None:
            query = query.where(Post.requested_by == person)
        with self.reading() as session:
            return list(session.scalars(query.order_by(Post.created_at.desc()).limit(limit)))

    def compare_and_set_post(
        self, session: Session, post_id: str, expected: PostState, to: PostState, person: str, why: str
    ) -> Post:
        """Move a post inside a running transaction, or refuse with the state it met."""
        post = self.find_post(session, post_id)
        if to not in POST_MOVES[expected]:
            raise Refused(f"A post never moves from {expected} to {to}.")
        statement = update(Post).where(Post.id == post_id, Post.state == expected).values(state=to)
        if session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
            session.refresh(post)
            raise Refused(f"{post_id} is {post.state}, not {expected}: it was not moved to {to}.")
        session.add(self.audit_row(post_id, person, expected, to, why))
        session.refresh(post)
        return post
