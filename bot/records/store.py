"""Reading and changing records. Every change of state is one compare-and-set with its audit row, in one transaction."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import EaselError, Misuse, Refused
from bot.records.states import POST_MOVES, PUBLICATION_MOVES, PostState, PublicationState
from bot.records.tables import AuditRow, BriefRow, CandidateRow, Post, PublicationRow


@dataclass(frozen=True)
class Drawn:
    """A finished candidate on its way into the records; `picture` is the SHA-256 of its file."""

    seed: int
    score: float
    model: str
    revision: str
    settings: Mapping[str, Any]
    picture: str
    verdicts: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Planned:
    """What goes to one account of one network, exactly as it was approved. A picture is (SHA-256, alt text)."""

    network: str
    account: str
    text: str
    pictures: tuple[tuple[str, str], ...]


def approval_hash(plans: Iterable[Planned]) -> str:
    """The SHA-256 of everything that an approval is about: networks, accounts, texts, pictures, alt texts."""
    body = sorted([plan.network, plan.account, plan.text, [list(pair) for pair in plan.pictures]] for plan in plans)
    return hashlib.sha256(json.dumps(body, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


def new_id(kind: str) -> str:
    """A short id that cannot be guessed, such as `post_5f0c2a9be1d4`."""
    return f"{kind}_{secrets.token_hex(6)}"


class Records:
    """The records of one workspace. Rows that are handed out are snapshots; change them through the methods here."""

    def __init__(self, engine: Engine, workspace: str) -> None:
        self.engine = engine
        self.workspace = workspace
        self.sessions = sessionmaker(engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction; a full disk or a locked database becomes an error that a person understands."""
        try:
            with self.sessions.begin() as session:
                yield session
        except OperationalError as error:
            raise EaselError(
                f"The database could not take the change ({error.orig}). Nothing was half-written. "
                "Free some space or stop the program that holds it, and try again."
            ) from None

    def create_post(
        self, person: str, draft: str, networks: Sequence[str], due_at: datetime | None, timezone: str
    ) -> Post:
        """Keep a new draft."""
        now = datetime.now(UTC)
        post = Post(
            id=new_id("post"),
            workspace=self.workspace,
            requested_by=person,
            state=PostState.DRAFTED,
            draft=draft,
            networks=list(networks),
            due_at=due_at,
            timezone=timezone,
            created_at=now,
        )
        with self.transaction() as session:
            session.add(post)
            session.add(self.audit_row(post.id, person, None, PostState.DRAFTED, "created"))
        return post

    def post(self, post_id: str) -> Post:
        """The post with this id in this workspace.

        Raises:
            Misuse: if there is none.
        """
        with self.transaction() as session:
            return self.find_post(session, post_id)

    def move_post(self, post_id: str, to: PostState, person: str, why: str, *, expected: PostState) -> None:
        """Move a post from `expected` to `to`.

        Raises:
            Refused: naming the state it met, if somebody else moved it first or no such move exists.
        """
        with self.transaction() as session:
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
                    verdicts=[dict(verdict) for verdict in item.verdicts],
                    created_at=now,
                )
                for number, item in enumerate(drawn, start=first)
            ]
            session.add_all(rows)
        return rows

    def latest_brief(self, post_id: str) -> BriefRow | None:
        """The newest brief of a post."""
        query = select(BriefRow).where(BriefRow.post_id == post_id).order_by(BriefRow.created_at.desc()).limit(1)
        with self.transaction() as session:
            return session.scalars(query).first()

    def candidates(self, post_id: str) -> list[CandidateRow]:
        """All candidates of a post in the order in which they were drawn."""
        query = select(CandidateRow).where(CandidateRow.post_id == post_id).order_by(CandidateRow.number)
        with self.transaction() as session:
            return list(session.scalars(query))

    def approve(self, post_id: str, plans: Sequence[Planned], person: str, why: str) -> list[PublicationRow]:
        """Approve exactly `plans`, and plan a publication of each, in one transaction.

        The post moves from review to approved and remembers the hash of what was approved. A second approval, also
        one at the same moment, meets another state and is refused.
        """
        approved = approval_hash(plans)
        now = datetime.now(UTC)
        with self.transaction() as session:
            post = self.compare_and_set_post(session, post_id, PostState.REVIEW, PostState.APPROVED, person, why)
            post.approval_hash = approved
            rows = [
                PublicationRow(
                    id=new_id("pub"),
                    workspace=self.workspace,
                    post_id=post_id,
                    network=plan.network,
                    account=plan.account,
                    state=PublicationState.PLANNED,
                    text=plan.text,
                    pictures=[list(pair) for pair in plan.pictures],
                    approval_hash=approved,
                    attempt=0,
                    due_at=post.due_at or now,
                    created_at=now,
                )
                for plan in plans
            ]
            session.add_all(rows)
            session.add_all(
                self.audit_row(row.id, person, None, PublicationState.PLANNED, f"approved with {post_id}")
                for row in rows
            )
        return rows

    def publications(self, post_id: str) -> list[PublicationRow]:
        """The publications of a post, by network."""
        query = select(PublicationRow).where(PublicationRow.post_id == post_id).order_by(PublicationRow.network)
        with self.transaction() as session:
            return list(session.scalars(query))

    def planned(self) -> list[PublicationRow]:
        """What is planned in this workspace, the next first."""
        query = (
            select(PublicationRow)
            .where(PublicationRow.workspace == self.workspace, PublicationRow.state == PublicationState.PLANNED)
            .order_by(PublicationRow.due_at)
        )
        with self.transaction() as session:
            return list(session.scalars(query))

    def publication(self, publication_id: str) -> PublicationRow:
        """The publication with this id."""
        with self.transaction() as session:
            return session.get_one(PublicationRow, publication_id)

    def begin_publishing(self, publication_id: str) -> PublicationRow:
        """Record the intent to publish: planned -> publishing, with the attempt one higher.

        Raises:
            Refused: if the publication is in another state, or what it holds is not what was approved.
        """
        with self.transaction() as session:
            row = session.get_one(PublicationRow, publication_id)
            post = session.get_one(Post, row.post_id)
            siblings = session.scalars(select(PublicationRow).where(PublicationRow.post_id == row.post_id))
            held = approval_hash(
                Planned(item.network, item.account, item.text, tuple((sha, alt) for sha, alt in item.pictures))
                for item in siblings
            )
            if not post.approval_hash == row.approval_hash == held:
                raise Refused(f"{publication_id} differs from what was approved for {row.post_id}; approve it anew.")
            self.compare_and_set_publication(
                session,
                publication_id,
                PublicationState.PLANNED,
                PublicationState.PUBLISHING,
                "intent recorded",
                attempt=row.attempt + 1,
                attempted_at=datetime.now(UTC),
            )
        return row

    def finish_publishing(
        self, publication_id: str, to: PublicationState, why: str, **values: str | None
    ) -> PublicationRow:
        """Record how an attempt ended; `values` are `remote_id`, `url` or `error`."""
        with self.transaction() as session:
            return self.compare_and_set_publication(
                session, publication_id, PublicationState.PUBLISHING, to, why, **values
            )

    def audit(self, subject: str) -> list[AuditRow]:
        """What happened to a post or a publication, oldest first."""
        query = select(AuditRow).where(AuditRow.subject == subject).order_by(AuditRow.id)
        with self.transaction() as session:
            return list(session.scalars(query))

    def find_post(self, session: Session, post_id: str) -> Post:
        """The post inside a running transaction."""
        post = session.get(Post, post_id)
        if post is None or post.workspace != self.workspace:
            raise Misuse(f"There is no post {post_id!r} in the workspace {self.workspace!r}.")
        return post

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

    def compare_and_set_publication(
        self,
        session: Session,
        publication_id: str,
        expected: PublicationState,
        to: PublicationState,
        why: str,
        **values: Any,
    ) -> PublicationRow:
        """Move a publication inside a running transaction, or refuse with the state it met."""
        row = session.get_one(PublicationRow, publication_id)
        if to not in PUBLICATION_MOVES[expected]:
            raise Refused(f"A publication never moves from {expected} to {to}.")
        statement = (
            update(PublicationRow)
            .where(PublicationRow.id == publication_id, PublicationRow.state == expected)
            .values(state=to, **values)
        )
        moved = session.execute(statement).rowcount == 1  # type: ignore[attr-defined]
        session.refresh(row)
        if not moved:
            raise Refused(f"{publication_id} is {row.state}, not {expected}: it was not moved to {to}.")
        session.add(self.audit_row(publication_id, "easel", expected, to, why))
        return row

    def audit_row(self, subject: str, person: str, before: str | None, after: str, why: str) -> AuditRow:
        """A new audit row, now."""
        return AuditRow(
            workspace=self.workspace,
            subject=subject,
            person=person,
            from_state=before,
            to_state=after,
            why=why,
            at=datetime.now(UTC),
        )
