"""What is owed after acceptance, by its last day."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "case_duty",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("duty_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('open','done','false')", name="ck_case_duty_state_known"),
        sa.PrimaryKeyConstraint("case_id", "duty_id", name="pk_case_duty"),
    )
    op.create_index("ix_case_duty_state_due", "case_duty", ["state", "due"])


def downgrade() -> None:
    op.drop_table("case_duty")
