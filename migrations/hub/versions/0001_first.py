"""The hub's first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("op_log", "audit", "number_ledger")
# What of an op is for ever; its outcome is decided later and may be decided again.
OP_BYTES = ("scope", "device", "dseq", "op_id", "data", "hash")


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("alarm_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_alarm")),
    )
    op.create_index("ix_alarm_at_ms", "alarm", ["at_ms"], unique=False)
    op.create_table(
        "audit",
        sa.Column("aseq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("aseq", name=op.f("pk_audit")),
    )
    op.create_table(
        "calendar",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("published_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_calendar")),
    )
    op.create_table(
        "case_head",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("applicant", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("rev >= 1", name=op.f("ck_case_head_rev_positive")),
        sa.PrimaryKeyConstraint("scope", "case_id", name=op.f("pk_case_head")),
    )
    op.create_index("ix_case_head_applicant", "case_head", ["scope", "applicant"], unique=False)
    op.create_table(
        "catalog_version",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("published_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_catalog_version")),
        sa.UniqueConstraint("place", name=op.f("uq_catalog_version_place")),
    )
    op.create_table(
        "conflict",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("conflict_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("resolved_by", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('C','D')", name=op.f("ck_conflict_kind_known")),
        sa.PrimaryKeyConstraint("scope", "conflict_id", name=op.f("pk_conflict")),
    )
    op.create_index("ix_conflict_case_id", "conflict", ["scope", "case_id"], unique=False)
    op.create_table(
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
        sa.CheckConstraint(
            "status IN ('pending','approved','frozen','revoked')", name=op.f("ck_device_status_known")
        ),
        sa.CheckConstraint("length(public_key) = 32", name=op.f("ck_device_key_length")),
        sa.PrimaryKeyConstraint("scope", "device", name=op.f("pk_device")),
    )
    op.create_index("ix_device_device", "device", ["device"], unique=False)
    op.create_table(
        "directory",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("published_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_directory")),
    )
    op.create_table(
        "feed",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("conflicts", sa.LargeBinary(), nullable=False),
        sa.Column("resolved", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_feed_seq_positive")),
        sa.PrimaryKeyConstraint("scope", "seq", name=op.f("pk_feed")),
    )
    op.create_table(
        "hub_meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_hub_meta")),
    )
    op.create_table(
        "invite",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_invite")),
    )
    op.create_table(
        "number_block",
        sa.Column("block_id", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("granted_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first >= 1 AND last >= first", name=op.f("ck_number_block_range")),
        sa.PrimaryKeyConstraint("block_id", name=op.f("pk_number_block")),
        sa.UniqueConstraint("device", "request_id", name=op.f("uq_number_block_device_request_id")),
        sa.UniqueConstraint("division", "year", "first", name=op.f("uq_number_block_division_year_first")),
    )
    op.create_table(
        "number_ledger",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_number_ledger")),
    )
    op.create_table(
        "number_series",
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("division", "year", name=op.f("pk_number_series")),
    )
    op.create_table(
        "op_log",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("dseq", sa.BigInteger(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("waits", sa.String(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('applied','merged','conflict','held','rejected','quarantined')",
            name=op.f("ck_op_log_outcome_known"),
        ),
        sa.CheckConstraint("dseq >= 1", name=op.f("ck_op_log_dseq_positive")),
        sa.CheckConstraint("settled IN (0, 1)", name=op.f("ck_op_log_settled_bool")),
        sa.PrimaryKeyConstraint("scope", "device", "dseq", name=op.f("pk_op_log")),
        sa.UniqueConstraint("scope", "op_id", name=op.f("uq_op_log_scope_op_id")),
    )
    op.create_index("ix_op_log_unsettled", "op_log", ["scope", "settled", "case_id"], unique=False)
    op.create_table(
        "scope_seq",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(checksum) = 32", name=op.f("ck_scope_seq_checksum_length")),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_scope_seq")),
    )
    op.create_table(
        "signin_attempt",
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("staff", "device", name=op.f("pk_signin_attempt")),
    )
    op.create_table(
        "signin_lease",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("lease_id", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "lease_id", name=op.f("pk_signin_lease")),
    )
    op.create_index("ix_signin_lease_staff", "signin_lease", ["staff"], unique=False)
    op.create_table(
        "staff",
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("domains", sa.String(), nullable=False),
        sa.Column("kdf", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=False),
        sa.Column("disabled", sa.Integer(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("disabled IN (0, 1)", name=op.f("ck_staff_disabled_bool")),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_staff")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION hub_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION hub_append_only()"
        )
        columns = f"OF {', '.join(OP_BYTES)} " if table == "op_log" else ""
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE {columns}ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION hub_append_only()"
        )


def _sqlite_triggers() -> None:
    for table in APPEND_ONLY:
        columns = f"OF {', '.join(OP_BYTES)} " if table == "op_log" else ""
        for name, event in (("no_delete", "DELETE"), ("no_update", f"UPDATE {columns}")):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )


def downgrade() -> None:
    op.drop_table("staff")
    op.drop_table("signin_lease")
    op.drop_table("signin_attempt")
    op.drop_table("scope_seq")
    op.drop_table("op_log")
    op.drop_table("number_series")
    op.drop_table("number_ledger")
    op.drop_table("number_block")
    op.drop_table("invite")
    op.drop_table("hub_meta")
    op.drop_table("feed")
    op.drop_table("directory")
    op.drop_table("device")
    op.drop_table("conflict")
    op.drop_table("catalog_version")
    op.drop_table("case_head")
    op.drop_table("calendar")
    op.drop_table("audit")
    op.drop_table("alarm")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION hub_append_only()")
