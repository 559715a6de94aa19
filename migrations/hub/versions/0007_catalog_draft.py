"""The draft of the next catalogue, and from which day a version counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "catalog_version",
        sa.Column("effective_on", sa.String(), nullable=False, server_default=sa.text("''")),
    )
    op.create_table(
        "catalog_draft",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("approved", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("place = 1", name=op.f("ck_catalog_draft_only_one")),
        sa.CheckConstraint(
            "status IN ('draft','submitted','approved')", name=op.f("ck_catalog_draft_status_known")
        ),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_catalog_draft")),
    )


def downgrade() -> None:
    op.drop_table("catalog_draft")
    op.drop_column("catalog_version", "effective_on")
