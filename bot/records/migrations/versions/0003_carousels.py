"""Whether the pictures of a publication go as one document; posts that were taken down."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the choice."""
    with op.batch_alter_table("publications") as publications:
        publications.add_column(sa.Column("carousel", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take it away; the older schema knows what was taken down as cancelled."""
    op.execute("UPDATE publications SET state = 'cancelled' WHERE state = 'taken_down'")
    with op.batch_alter_table("publications") as publications:
        publications.drop_column("carousel")
