"""Devices that recover or move, and a feed that may begin later than at its first step."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATES = "'pending','approved','frozen','revoked'"
NEW = {
    "device": {"reason": "", "former": "", "moved_dseq": 0},
    "invite": {"former": ""},
    "scope_seq": {"floor_seq": 0},
}


def upgrade() -> None:
    for name, columns in NEW.items():
        _remake(name, columns, f"{STATES},'moved'")


def downgrade() -> None:
    for name in NEW:
        _remake(name, {}, STATES)


def _remake(name: str, columns: dict[str, object], states: str) -> None:
    """Make a small table anew with its rows: SQLite changes neither a check nor a default in place."""
    bind = op.get_bind()
    rows = [dict(row) for row in bind.execute(sa.text(f"SELECT * FROM {name}")).mappings()]
    if name == "device" and not columns:
        rows = [row for row in rows if row["status"] != "moved"]
    op.drop_table(name)
    table = _table(name, columns, states)
    for column in NEW[name]:
        for row in rows:
            row.pop(column, None)
    if rows:
        op.bulk_insert(table, [{**row, **columns} for row in rows])


def _table(name: str, columns: dict[str, object], states: str) -> sa.Table:
    added = [
        sa.Column(column, sa.BigInteger() if isinstance(value, int) else sa.String(), nullable=False)
        for column, value in columns.items()
    ]
    if name == "invite":
        return op.create_table(
            "invite",
            sa.Column("code_hash", sa.LargeBinary(), nullable=False),
            sa.Column("scope", sa.String(), nullable=False),
            sa.Column("window", sa.String(), nullable=False),
            sa.Column("created_ms", sa.BigInteger(), nullable=False),
            sa.Column("expires_ms", sa.BigInteger(), nullable=False),
            sa.Column("device", sa.String(), nullable=False),
            *added,
            sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_invite")),
        )
    if name == "scope_seq":
        return op.create_table(
            "scope_seq",
            sa.Column("scope", sa.String(), nullable=False),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            sa.Column("checksum", sa.LargeBinary(), nullable=False),
            *added,
            sa.CheckConstraint("length(checksum) = 32", name=op.f("ck_scope_seq_checksum_length")),
            sa.PrimaryKeyConstraint("scope", name=op.f("pk_scope_seq")),
        )
    device = op.create_table(
        "device",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("escrow", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("head_dseq", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(), nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        *added,
        sa.CheckConstraint(f"status IN ({states})", name=op.f("ck_device_status_known")),
        sa.CheckConstraint("length(public_key) = 32", name=op.f("ck_device_key_length")),
        sa.PrimaryKeyConstraint("scope", "device", name=op.f("pk_device")),
    )
    op.create_index("ix_device_device", "device", ["device"], unique=False)
    return device
