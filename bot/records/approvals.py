"""Approving a post, and what voids an approval. Post and publications move together, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Refused
from bot.records.options import PostOptions
from bot.records.posts import PostRecords, refuse_outdated
from bot.records.publications import PublicationRecords
from bot.records.states import ENDED, PostState, PublicationState
from bot.records.tables import Post, PublicationRow
from bot.records.values import Planned, approval_hash


class ApprovalRecords(PostRecords, PublicationRecords):
    """What is approved, exactly, and until when that holds."""

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
