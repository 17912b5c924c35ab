"""Everything that the records say of one post, read at once: what its thread in Slack is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.records.options import PostOptions
from bot.records.states import REMINDED
from bot.records.tables import AuditRow, BriefRow, CandidateRow, DrawingRow, Post, PublicationRow

if TYPE_CHECKING:
    from bot.records import Records


@dataclass(frozen=True)
class Story:
    """One post with all that belongs to it. `version` names the post as it is here (see `Records.version`).

    `newest_audit` is the last thing that happened to it or its publications, `before` how many drawings come first.
    """

    post: Post
    brief: BriefRow | None
    candidates: Sequence[CandidateRow]
    publications: Sequence[PublicationRow]
    audit: Sequence[AuditRow]
    drawing: DrawingRow | None
    before: int
    newest_audit: int

    @property
    def version(self) -> int:
        """The version that a button on this story's messages names."""
        return max((row.id for row in self.audit if row.to_state != REMINDED), default=0)

    @property
    def ref(self) -> str:
        """The value of a button: the post and its version."""
        return f"{self.post.id}:{self.version}"

    @property
    def options(self) -> PostOptions:
        """What was asked of the post beyond its draft."""
        return PostOptions.from_dict(self.post.options)

    @property
    def newest(self) -> list[CandidateRow]:
        """The candidates of the newest drawing."""
        last = self.candidates[-1].brief_id if self.candidates else None
        return [row for row in self.candidates if row.brief_id == last]

    def last(self, state: str) -> AuditRow | None:
        """The last move of the post into a state."""
        moves = [row for row in self.audit if row.to_state == state and row.from_state != state]
        return moves[-1] if moves else None


def read_story(records: Records, post_id: str) -> Story:
    """The story of a post.

    The newest audit is read first, so that what comes later is told the next time; then the drawing, so that one which
    has ended has its candidates and its state in what is read after it.
    """
    newest_audit = records.newest_audit(post_id)
    drawing = records.drawing(post_id)
    return Story(
        post=records.post(post_id),
        brief=records.latest_brief(post_id),
        candidates=records.candidates(post_id),
        publications=records.publications(post_id),
        audit=records.audit(post_id),
        drawing=drawing,
        before=records.drawings_before(drawing) if drawing else 0,
        newest_audit=newest_audit,
    )
