"""Acts under a former name of the machine, for a hub that was restored from an older backup."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "former_op",
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("kept_ms", sa.Integer(), nullable=False),
        sa.Column("replaced", sa.Integer(), nullable=False),
        sa.CheckConstraint("replaced IN (0, 1)", name="ck_former_op_replaced_bool"),
        sa.PrimaryKeyConstraint("op_id", name="pk_former_op"),
    )


def downgrade() -> None:
    op.drop_table("former_op")
