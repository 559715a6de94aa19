"""The op log by case: one index for what still waits and for the history of a case."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_op_log_unsettled", table_name="op_log")
    op.create_index("ix_op_log_case", "op_log", ["scope", "case_id", "settled"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_op_log_case", table_name="op_log")
    op.create_index("ix_op_log_unsettled", "op_log", ["scope", "settled", "case_id"], unique=False)
