"""Find what waits for the office by how long it has waited.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_case_view_status_received_on", "case_view", ["status", "received_on"])


def downgrade() -> None:
    op.drop_index("ix_case_view_status_received_on", "case_view")
