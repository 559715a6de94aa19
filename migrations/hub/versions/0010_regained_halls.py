"""Halls that a restored hub has learnt of from its own word, which the machine had kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "device",
        sa.Column("regained_ms", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "device", sa.Column("regained_epoch", sa.String(), nullable=False, server_default=sa.text("''"))
    )


def downgrade() -> None:
    op.drop_column("device", "regained_epoch")
    op.drop_column("device", "regained_ms")
