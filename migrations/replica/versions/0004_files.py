"""Files attached to cases, whose sealed bytes are on this machine."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "file",
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("upload", sa.String(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("added_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint("upload IN ('waiting','done','stuck')", name="ck_file_upload_known"),
        sa.CheckConstraint("length(sha256) = 32 AND length(key) = 32", name="ck_file_lengths"),
        sa.PrimaryKeyConstraint("file_id", name="pk_file"),
    )
    op.create_index("ix_file_upload_size", "file", ["upload", "size"])


def downgrade() -> None:
    op.drop_table("file")
