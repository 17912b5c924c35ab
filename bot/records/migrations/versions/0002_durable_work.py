"""Accounts, slots, workers; when a publication is visited next; texts per network."""

import sqlalchemy as sa
from alembic import op

from bot.records.tables import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what durable publishing needs."""
    with op.batch_alter_table("posts") as posts:
        posts.add_column(sa.Column("texts", sa.JSON, nullable=True))
        posts.add_column(sa.Column("next_slot", sa.Boolean, nullable=False, server_default=sa.false()))
    with op.batch_alter_table("publications") as publications:
        publications.add_column(sa.Column("enqueued", sa.Integer, nullable=False, server_default="0"))
        publications.add_column(sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
        publications.add_column(sa.Column("visit_at", UtcDateTime, nullable=True))
        publications.add_column(sa.Column("first_attempted_at", UtcDateTime, nullable=True))
    op.execute("UPDATE publications SET visit_at = due_at, first_attempted_at = attempted_at, tries = attempt")
    op.execute("UPDATE publications SET attempt = attempt + 1 WHERE state = 'planned'")
    with op.batch_alter_table("publications") as publications:
        publications.alter_column("visit_at", existing_type=UtcDateTime(), nullable=False)
        publications.create_index("ix_publications_state_visit_at", ["state", "visit_at"])
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("network", sa.String(128), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("state", sa.String(128), nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("credentials", sa.Text, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=True),
        sa.Column("notice", sa.Text, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("checked_at", UtcDateTime, nullable=True),
        sa.UniqueConstraint("workspace", "network", "name"),
    )
    op.create_table(
        "slots",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("network", sa.String(128), nullable=False),
        sa.Column("account", sa.String(128), nullable=False),
        sa.Column("weekday", sa.Integer, nullable=False),
        sa.Column("at", sa.String(5), nullable=False),
        sa.Column("timezone", sa.String(128), nullable=False),
        sa.UniqueConstraint("workspace", "network", "account", "weekday", "at"),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("queues", sa.JSON, nullable=False),
        sa.Column("host", sa.String(128), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Take it away again; a publication that was missed is planned, as far as the older schema knows."""
    for table in ("workers", "slots", "accounts"):
        op.drop_table(table)
    op.execute("UPDATE publications SET state = 'planned' WHERE state = 'missed'")
    op.execute("UPDATE publications SET attempt = tries")
    with op.batch_alter_table("publications") as publications:
        publications.drop_index("ix_publications_state_visit_at")
        for column in ("enqueued", "tries", "visit_at", "first_attempted_at"):
            publications.drop_column(column)
    with op.batch_alter_table("posts") as posts:
        for column in ("texts", "next_slot"):
            posts.drop_column(column)
