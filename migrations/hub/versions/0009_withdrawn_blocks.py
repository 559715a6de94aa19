"""Number blocks that a machine gave up when it was moved to another 区划.

Blocks given up before this stay counted as live until their year is over.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "number_block",
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )


def downgrade() -> None:
    op.drop_column("number_block", "withdrawn_ms")
