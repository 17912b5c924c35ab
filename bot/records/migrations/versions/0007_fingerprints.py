"""The perceptual fingerprint of a candidate, by which a rejected picture is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add it; older candidates have none."""
    with op.batch_alter_table("candidates") as candidates:
        candidates.add_column(sa.Column("fingerprint", sa.String(16), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("candidates") as candidates:
        candidates.drop_column("fingerprint")
