"""What a post asks of its drawing; drawings under way; Slack's requests, threads, rules and installations."""

import sqlalchemy as sa
from alembic import op

from bot.records.tables import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add what the Slack bot needs."""
    with op.batch_alter_table("posts") as posts:
        posts.add_column(sa.Column("options", sa.JSON, nullable=True))
    with op.batch_alter_table("audit") as audit:
        audit.create_index("ix_audit_at", ["at"])
    op.create_table(
        "drawings",
        sa.Column("post_id", sa.String(32), sa.ForeignKey("posts.id"), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("person", sa.String(128), nullable=False),
        sa.Column("seeds", sa.JSON, nullable=False),
        sa.Column("stage", sa.String(128), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("preview", sa.LargeBinary, nullable=True),
        sa.Column("handed_over", sa.Boolean, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "slack_requests",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(256), nullable=False, unique=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(128), nullable=False),
        sa.Column("person", sa.String(128), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("state", sa.String(128), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        sa.Index("ix_slack_requests_state_due_at", "state", "due_at"),
    )
    op.create_table(
        "slack_threads",
        sa.Column("post_id", sa.String(32), sa.ForeignKey("posts.id"), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False, index=True),
        sa.Column("channel", sa.String(128), nullable=False),
        sa.Column("thread_ts", sa.String(128), nullable=True),
        sa.Column("messages", sa.JSON, nullable=False),
        sa.Column("shown_audit", sa.Integer, nullable=False),
        sa.Column("leased_by", sa.String(128), nullable=True),
        sa.Column("leased_until", UtcDateTime, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "channel_rules",
        sa.Column("workspace", sa.String(128), primary_key=True),
        sa.Column("channel", sa.String(128), primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_table(
        "slack_installations",
        sa.Column("team", sa.String(128), primary_key=True),
        sa.Column("enterprise", sa.String(128), nullable=True),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("bot_id", sa.String(128), nullable=False),
        sa.Column("bot_user", sa.String(128), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("person", sa.String(128), nullable=False),
        sa.Column("installed_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Take it away again."""
    for table in ("slack_installations", "channel_rules", "slack_threads", "slack_requests", "drawings"):
        op.drop_table(table)
    with op.batch_alter_table("audit") as audit:
        audit.drop_index("ix_audit_at")
    with op.batch_alter_table("posts") as posts:
        posts.drop_column("options")
