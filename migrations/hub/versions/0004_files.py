"""Files that cases refer to, and how much of their bytes has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('awaited','here')", name=op.f("ck_file_state_known")),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_file_sha256_length")),
        sa.PrimaryKeyConstraint("scope", "file_id", name=op.f("pk_file")),
    )
    op.create_index(op.f("ix_file_state"), "file", ["scope", "state"])


def downgrade() -> None:
    op.drop_table("file")
