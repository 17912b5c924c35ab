"""What waits to be drawn and how far it is: ordered with the decision that asks for it, gone when it ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, func, select, update

from bot.errors import Refused
from bot.records.posts import PostRecords, refuse_outdated
from bot.records.states import PostState
from bot.records.tables import AuditRow, DrawingRow, Post

WAITING = "waiting"
"""The stage of a drawing that no worker has taken up."""

DRAWABLE = (PostState.DRAFTED, PostState.FAILED, PostState.REVIEW)


class DrawingRecords(PostRecords):
    """Drawings asked for by people who do not sit at the terminal that draws."""

    def order_drawing(
        self, post_id: str, person: str, seeds: Sequence[int], why: str, *, version: int | None = None
    ) -> None:
        """Have a post drawn (again), once: a second order meets the first.

        Raises:
            Refused: if the post is being drawn, cannot be, or has moved on since `version`.
        """
        with self.transaction() as session:
            post = self.find_post(session, post_id, lock=True)
            refuse_outdated(session, post, version)
            if post.state not in DRAWABLE:
                raise Refused(f"{post_id} is {post.state}: no pictures can be drawn for it.")
            if session.get(DrawingRow, post_id) is not None:
                raise Refused(f"{post_id} is being drawn already.")
            session.add(new_drawing(post, person, seeds))
            session.add(self.audit_row(post_id, person, post.state, post.state, why))

    def drawing(self, post_id: str) -> DrawingRow | None:
        """How far the drawing of a post is; None if it is neither waiting nor under way."""
        with self.reading() as session:
            return session.get(DrawingRow, post_id)

    def drawings(self, workspaces: Collection[str] | None = None) -> list[DrawingRow]:
        """All drawings that wait or are under way, the first asked for first."""
        query = select(DrawingRow).order_by(DrawingRow.asked_at, DrawingRow.post_id)
        if workspaces is not None:
            query = query.where(DrawingRow.workspace.in_(workspaces))
        with self.reading() as session:
            return list(session.scalars(query))

    def drawings_before(self, row: DrawingRow) -> int:
        """How many drawings of any workspace were asked for earlier and are not done."""
        query = select(func.count()).select_from(DrawingRow).where(DrawingRow.asked_at < row.asked_at)
        with self.reading() as session:
            return session.execute(query).scalar_one()

    def drawings_since(self, person: str, since: datetime) -> int:
        """How many drawings a person asked for since then: those begun, and those that wait.

        One that failed and was begun anew is one.
        """
        begun = (
            select(func.count())
            .select_from(AuditRow)
            .where(
                AuditRow.workspace == self.workspace,
                AuditRow.person == person,
                AuditRow.at >= since,
                AuditRow.to_state == PostState.PREPARING,
                AuditRow.from_state != PostState.FAILED,
            )
        )
        waiting = (
            select(func.count())
            .select_from(DrawingRow)
            .join(Post, Post.id == DrawingRow.post_id)
            .where(
                DrawingRow.workspace == self.workspace,
                DrawingRow.person == person,
                Post.state != PostState.PREPARING,
            )
        )
        with self.reading() as session:
            return session.execute(begun).scalar_one() + session.execute(waiting).scalar_one()

    def mark_handed_over(self, row: DrawingRow) -> None:
        """The drawing is in the queue."""
        self._change(row.post_id, row.seeds, handed_over=True)

    def show_progress(
        self,
        post_id: str,
        seeds: Sequence[int],
        stage: str,
        step: int = 0,
        steps: int = 0,
        preview: bytes | None = None,
    ) -> None:
        """Tell how far the drawing is; nothing if nobody waits for it."""
        values: dict[str, object] = {"stage": stage, "step": step, "steps": steps}
        self._change(post_id, seeds, **(values if preview is None else {**values, "preview": preview}))

    def _change(self, post_id: str, seeds: Sequence[int], **values: object) -> None:
        with self.transaction() as session:
            row = session.get(DrawingRow, post_id)
            if row is not None and row.seeds == list(seeds):
                statement = update(DrawingRow).where(DrawingRow.post_id == post_id)
                session.execute(statement.values(changed_at=datetime.now(UTC), **values))

    def end_drawing(self, post_id: str, seeds: Sequence[int]) -> None:
        """The drawing ended, well or badly; the state of the post says how."""
        with self.transaction() as session:
            row = session.get(DrawingRow, post_id)
            if row is not None and row.seeds == list(seeds):
                session.execute(delete(DrawingRow).where(DrawingRow.post_id == post_id))


def new_drawing(post: Post, person: str, seeds: Sequence[int]) -> DrawingRow:
    """The order of a drawing."""
    now = datetime.now(UTC)
    return DrawingRow(
        post_id=post.id,
        workspace=post.workspace,
        person=person,
        seeds=list(seeds),
        stage=WAITING,
        step=0,
        steps=0,
        handed_over=False,
        asked_at=now,
        changed_at=now,
    )
