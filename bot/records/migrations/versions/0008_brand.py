"""The brand of a workspace, as an admin sets it in Slack."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add it."""
    op.create_table(
        "brands", sa.Column("workspace", sa.String(128), primary_key=True), sa.Column("body", sa.JSON, nullable=False)
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("brands")
