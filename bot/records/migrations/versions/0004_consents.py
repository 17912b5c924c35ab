"""Accounts that somebody is connecting in a browser."""

import sqlalchemy as sa
from alembic import op

from bot.records.tables import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "consents",
        sa.Column("state", sa.String(128), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("consents")
