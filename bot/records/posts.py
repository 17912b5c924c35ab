"""Posts in the records: kept, found in their workspace, and moved from state to state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.errors import Misuse, Refused
from bot.records.base import RecordsBase
from bot.records.options import PostOptions
from bot.records.states import POST_MOVES, REMINDED, PostState
from bot.records.tables import AuditRow, Post
from bot.records.values import NewPost, new_id


class PostRecords(RecordsBase):
    """The posts of one workspace."""

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

    def posts_in(self, states: Collection[str], limit: int, person: str | None = None) -> list[Post]:
        """The newest posts in these states, of one person or of all."""
        query = select(Post).where(Post.workspace == self.workspace, Post.state.in_(states))
        if person is not None:
            query = query.where(Post.requested_by == person)
        with self.reading() as session:
            return list(session.scalars(query.order_by(Post.created_at.desc()).limit(limit)))

    def version(self, post_id: str) -> int:
        """The number of the last thing that happened to a post itself; a decision names the one it was made on."""
        with self.reading() as session:
            return version_of(session, post_id)

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

    def find_post(self, session: Session, post_id: str, *, lock: bool = False) -> Post:
        """The post inside a running transaction; with `lock`, nobody else changes it until the transaction ends."""
        post = session.get(Post, post_id, with_for_update=lock or None)
        if post is None or post.workspace != self.workspace:
            raise Misuse(f"There is no post {post_id!r} in the workspace {self.workspace!r}.")
        return post

    def post_row(self, post_id: str, new: NewPost) -> Post:
        """A new post, drafted now."""
        return Post(
            id=post_id,
            workspace=self.workspace,
            requested_by=new.person,
            state=PostState.DRAFTED,
            draft=new.draft,
            networks=list(new.networks),
            due_at=new.due_at,
            timezone=new.timezone,
            next_slot=new.next_slot,
            texts=dict(new.texts) or None,
            options=new.options.to_dict() if new.options else None,
            created_at=datetime.now(UTC),
        )

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


def version_of(session: Session, post_id: str) -> int:
    """The id of a post's latest audit row, inside a running transaction. A reminder changes nothing to decide on."""
    query = select(func.max(AuditRow.id)).where(AuditRow.subject == post_id, AuditRow.to_state != REMINDED)
    return session.execute(query).scalar() or 0


def refuse_outdated(session: Session, post: Post, version: int | None) -> None:
    """Raise Refused if something happened to the (locked) post since `version`; None asks for nothing."""
    if version is None or version_of(session, post.id) == version:
        return
    last = session.scalars(
        select(AuditRow)
        .where(AuditRow.subject == post.id, AuditRow.to_state != REMINDED)
        .order_by(AuditRow.id.desc())
        .limit(1)
    ).one()
    raise Refused(f"The post has moved on since then: {last.person} {last.why}, and it is {post.state} now.")
