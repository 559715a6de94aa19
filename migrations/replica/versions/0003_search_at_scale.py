"""Indexes for searching a million cases: newest first by prefix, by tail, by item, and the newest as one.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID_TAIL = " || ".join(f"substr(id_tail, -{n}, 1)" for n in range(1, 9))
_NUMBER = " || ".join(f"substr(number, -{n}, 1)" for n in range(1, 9))


def upgrade() -> None:
    for name in ("changed_ms", "number", "applicant", "initials", "id_tail"):
        op.drop_index(f"ix_case_view_{name}", "case_view")
    recent = ["changed_ms", "applicant", "initials", "item_name", "number", "id_tail", "receipt"]
    op.create_index("ix_case_view_recent", "case_view", recent)
    for name in ("number", "applicant", "initials", "receipt", "item_id"):
        op.create_index(f"ix_case_view_{name}_changed_ms", "case_view", [name, "changed_ms"])
    op.execute(f"CREATE INDEX ix_case_view_id_tail_back ON case_view ({_ID_TAIL}, changed_ms)")
    op.execute(f"CREATE INDEX ix_case_view_number_back ON case_view ({_NUMBER}, changed_ms)")


def downgrade() -> None:
    for name in (
        "recent",
        "number_changed_ms",
        "applicant_changed_ms",
        "initials_changed_ms",
        "receipt_changed_ms",
        "item_id_changed_ms",
        "id_tail_back",
        "number_back",
    ):
        op.drop_index(f"ix_case_view_{name}", "case_view")
    for name in ("changed_ms", "number", "applicant", "initials", "id_tail"):
        op.create_index(f"ix_case_view_{name}", "case_view", [name])
