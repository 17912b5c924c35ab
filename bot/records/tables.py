"""The tables. Every row carries its workspace; times are UTC; pictures are named by the SHA-256 of their bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ID_LENGTH = 32
NAME_LENGTH = 128


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, also where the database (SQLite) keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A time without a zone cannot be stored: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """The base of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: JSON(), list[Any]: JSON()}  # noqa: RUF012


class Post(Table):
    """A draft and how far it has come."""

    __tablename__ = "posts"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH), index=True)
    requested_by: Mapped[str] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(NAME_LENGTH), index=True)
    draft: Mapped[str] = mapped_column(Text)
    networks: Mapped[list[Any]]
    due_at: Mapped[datetime | None]
    timezone: Mapped[str] = mapped_column(String(NAME_LENGTH))
    approval_hash: Mapped[str | None] = mapped_column(String(64))
    texts: Mapped[dict[str, Any] | None]  # what a network gets instead of the draft
    next_slot: Mapped[bool] = mapped_column(default=False, server_default=false())
    options: Mapped[dict[str, Any] | None]  # see bot/records/options.py
    created_at: Mapped[datetime]


class BriefRow(Table):
    """One version of what the draft was taken to mean, with the verdicts on its texts."""

    __tablename__ = "briefs"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), index=True)
    body: Mapped[dict[str, Any]]
    verdicts: Mapped[list[Any]]
    created_at: Mapped[datetime]


class CandidateRow(Table):
    """One drawn picture, with all that is needed to draw it again."""

    __tablename__ = "candidates"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), index=True)
    brief_id: Mapped[str] = mapped_column(ForeignKey("briefs.id"))
    number: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[float]
    model: Mapped[str] = mapped_column(String(NAME_LENGTH))
    revision: Mapped[str] = mapped_column(String(64))
    settings: Mapped[dict[str, Any]]
    picture: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str | None] = mapped_column(String(16))  # perceptual, in hexadecimal
    verdicts: Mapped[list[Any]]
    created_at: Mapped[datetime]


class PublicationRow(Table):
    """One post on one account of one network.

    `attempt` counts the visits of a worker that were asked for, and names the one that counts; `enqueued` is the
    last of them that was handed to the queue; `tries` counts the requests to post that may have reached the network.
    `due_at` is the time that people know, `visit_at` the time of the next visit.
    """

    __tablename__ = "publications"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), index=True)
    network: Mapped[str] = mapped_column(String(NAME_LENGTH))
    account: Mapped[str] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(NAME_LENGTH))
    text: Mapped[str] = mapped_column(Text)
    pictures: Mapped[list[Any]]
    carousel: Mapped[bool] = mapped_column(default=False, server_default=false())
    approval_hash: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[int]
    enqueued: Mapped[int] = mapped_column(default=0, server_default="0")
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime]
    visit_at: Mapped[datetime]
    first_attempted_at: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    remote_id: Mapped[str | None] = mapped_column(String(256))
    url: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_publications_state_due_at", "state", "due_at"),
        Index("ix_publications_state_visit_at", "state", "visit_at"),
    )


class AccountRow(Table):
    """One account on one network that posts go to. `credentials` are encrypted; see bot/accounts/vault.py."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    network: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    owner: Mapped[str] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(NAME_LENGTH))
    settings: Mapped[dict[str, Any]]
    credentials: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime | None]
    notice: Mapped[str | None] = mapped_column(Text)  # why it is paused, or what its owner should know
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("workspace", "network", "name"),)


class ConsentRow(Table):
    """An account that somebody is connecting in a browser; what has to be remembered meanwhile is encrypted.

    With nothing `sealed`: a state by which a workspace installed the app, and may not do so again.
    """

    __tablename__ = "consents"

    state: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class SlotRow(Table):
    """A weekly time at which an account may post: weekday 0 is Monday, `at` is "HH:MM" in `timezone`."""

    __tablename__ = "slots"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    network: Mapped[str] = mapped_column(String(NAME_LENGTH))
    account: Mapped[str] = mapped_column(String(NAME_LENGTH))
    weekday: Mapped[int]
    at: Mapped[str] = mapped_column(String(5))
    timezone: Mapped[str] = mapped_column(String(NAME_LENGTH))

    __table_args__ = (UniqueConstraint("workspace", "network", "account", "weekday", "at"),)


class WorkerRow(Table):
    """A worker process by its stable name, and when it was last seen alive."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    queues: Mapped[list[Any]]
    host: Mapped[str] = mapped_column(String(NAME_LENGTH))
    pid: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class ExampleRow(Table):
    """An edit that a person made of a post's brief, kept as an example for language models."""

    __tablename__ = "examples"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    person: Mapped[str] = mapped_column(String(NAME_LENGTH))
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("workspace", "post_id"),)


class SpendingRow(Table):
    """What a call of a language model took; `cost` is in the currency of the settings' prices."""

    __tablename__ = "spending"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    model: Mapped[str] = mapped_column(String(NAME_LENGTH))
    prompt_tokens: Mapped[int]
    answer_tokens: Mapped[int]
    cost: Mapped[float]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_spending_workspace_at", "workspace", "at"),)


class AuditRow(Table):
    """Who moved what from where to where, when and why. Rows are only ever added; an erasure hides a name in them."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    subject: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    person: Mapped[str] = mapped_column(String(NAME_LENGTH))
    from_state: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    to_state: Mapped[str] = mapped_column(String(NAME_LENGTH))
    why: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


class DrawingRow(Table):
    """A post that waits to be drawn or is being drawn. Gone when that ended, however it ended.

    `seeds` name the drawing, so that it is asked of the queue once; `preview` is a small JPEG of the pictures so far.
    """

    __tablename__ = "drawings"

    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    person: Mapped[str] = mapped_column(String(NAME_LENGTH))
    seeds: Mapped[list[Any]]
    stage: Mapped[str] = mapped_column(String(NAME_LENGTH))
    step: Mapped[int]
    steps: Mapped[int]
    preview: Mapped[bytes | None] = mapped_column(LargeBinary)
    handed_over: Mapped[bool]
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class RequestRow(Table):
    """Something a person asked for in Slack, kept before Slack was told that it arrived.

    `key` is made of Slack's own ids, so that a delivery that is repeated meets the row of the first.
    """

    __tablename__ = "slack_requests"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(256), unique=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH))
    kind: Mapped[str] = mapped_column(String(NAME_LENGTH))
    person: Mapped[str] = mapped_column(String(NAME_LENGTH))
    body: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(NAME_LENGTH))
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_slack_requests_state_due_at", "state", "due_at"),)


class ThreadRow(Table):
    """Where a post is shown in Slack and what of it is shown there; `leased_until` keeps two processes apart."""

    __tablename__ = "slack_threads"

    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH), index=True)
    channel: Mapped[str] = mapped_column(String(NAME_LENGTH))
    thread_ts: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    messages: Mapped[dict[str, Any]]
    shown_audit: Mapped[int]
    leased_by: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RulesRow(Table):
    """Who may do what in a channel ("" for all), as an admin set it in Slack; over what config/roles.toml says."""

    __tablename__ = "channel_rules"

    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    channel: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    body: Mapped[dict[str, Any]]


class BrandRow(Table):
    """How a workspace's pictures look, as an admin set it; what is not in `body` is as in config/brand.toml."""

    __tablename__ = "brands"

    workspace: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    body: Mapped[dict[str, Any]]


class InstallationRow(Table):
    """A Slack workspace that installed the app over OAuth. `token` is encrypted; see bot/accounts/vault.py."""

    __tablename__ = "slack_installations"

    team: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    enterprise: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    token: Mapped[str] = mapped_column(Text)
    bot_id: Mapped[str] = mapped_column(String(NAME_LENGTH))
    bot_user: Mapped[str] = mapped_column(String(NAME_LENGTH))
    scopes: Mapped[list[Any]]
    person: Mapped[str] = mapped_column(String(NAME_LENGTH))
    installed_at: Mapped[datetime]
