"""The replica as first released: op log, projection, numbers, catalogue, drafts, documents, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# What was written down stays written down: the database itself refuses anything else.
TRIGGERS = {
    "op_append_only": "BEFORE INSERT ON op WHEN NEW.dseq <> (SELECT COALESCE(MAX(dseq), 0) + 1 FROM op)",
    "op_no_update": "BEFORE UPDATE ON op",
    "op_no_delete": "BEFORE DELETE ON op",
    "audit_append_only": "BEFORE INSERT ON audit WHEN NEW.aseq <> (SELECT COALESCE(MAX(aseq), 0) + 1 FROM audit)",
    "audit_no_update": "BEFORE UPDATE ON audit",
    "audit_no_delete": "BEFORE DELETE ON audit",
    "op_status_no_delete": "BEFORE DELETE ON op_status",
    "number_use_no_update": "BEFORE UPDATE ON number_use",
    "number_use_no_delete": "BEFORE DELETE ON number_use",
    "number_block_no_delete": "BEFORE DELETE ON number_block",
    "number_block_forward": "BEFORE UPDATE ON number_block WHEN NEW.next < OLD.next OR NEW.block_id <> OLD.block_id"
    " OR NEW.first <> OLD.first OR NEW.last <> OLD.last OR NEW.year <> OLD.year OR NEW.division <> OLD.division",
    "case_confirmed_forward": "BEFORE UPDATE ON case_confirmed WHEN NEW.rev < OLD.rev",
    # INSERT OR REPLACE is no update; the row it would remove still counts.
    "case_confirmed_no_older": "BEFORE INSERT ON case_confirmed WHEN NEW.rev <"
    " (SELECT rev FROM case_confirmed WHERE case_id = NEW.case_id)",
    "catalog_no_update": "BEFORE UPDATE ON catalog",
    "conflict_no_delete": "BEFORE DELETE ON conflict",
}


def upgrade() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "op",
        sa.Column("dseq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("wall_ms", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("dseq >= 1", name="ck_op_dseq_positive"),
        sa.CheckConstraint("length(hash) = 32", name="ck_op_hash_length"),
        sa.UniqueConstraint("op_id", name="uq_op_op_id"),
        sa.PrimaryKeyConstraint("dseq", name="pk_op"),
    )
    op.create_index("ix_op_case_id_dseq", "op", ["case_id", "dseq"])
    op.create_table(
        "op_status",
        sa.Column(
            "dseq",
            sa.Integer(),
            sa.ForeignKey("op.dseq", name="fk_op_status_dseq"),
            nullable=False,
            autoincrement=False,
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("acked_ms", sa.Integer(), nullable=False),
        sa.Column("seen_in_feed", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending','applied','merged','conflict','held','rejected','quarantined')",
            name="ck_op_status_state_known",
        ),
        sa.CheckConstraint("seen_in_feed IN (0, 1)", name="ck_op_status_seen_bool"),
        sa.PrimaryKeyConstraint("dseq", name="pk_op_status"),
    )
    op.create_index("ix_op_status_state", "op_status", ["state", "dseq"])
    op.create_table(
        "case_confirmed",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("rev >= 1", name="ck_case_confirmed_rev_positive"),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_confirmed"),
    )
    op.create_table(
        "case_view",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("item_name", sa.String(), nullable=False),
        sa.Column("applicant", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("id_tail", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("received_on", sa.String(), nullable=False),
        sa.Column("opened_ms", sa.Integer(), nullable=False),
        sa.Column("changed_ms", sa.Integer(), nullable=False),
        sa.Column("sync", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("sync IN ('synced','pending','attention')", name="ck_case_view_sync_known"),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_view"),
    )
    op.create_index("ix_case_view_changed_ms", "case_view", ["changed_ms"])
    op.create_index("ix_case_view_number", "case_view", ["number"])
    op.create_index("ix_case_view_applicant", "case_view", ["applicant"])
    op.create_index("ix_case_view_initials", "case_view", ["initials"])
    op.create_index("ix_case_view_id_tail", "case_view", ["id_tail"])
    op.create_index("ix_case_view_sync", "case_view", ["sync"])
    op.create_table(
        "case_history",
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("op_id", name="pk_case_history"),
    )
    op.create_index("ix_case_history_case_id_seq", "case_history", ["case_id", "seq"])
    op.create_table(
        "conflict",
        sa.Column("conflict_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("resolved", sa.Integer(), nullable=False),
        sa.CheckConstraint("resolved IN (0, 1)", name="ck_conflict_resolved_bool"),
        sa.PrimaryKeyConstraint("conflict_id", name="pk_conflict"),
    )
    op.create_index("ix_conflict_case_id", "conflict", ["case_id"])
    op.create_table(
        "number_block",
        sa.Column("block_id", sa.String(), nullable=False),
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.CheckConstraint("first >= 1 AND last >= first", name="ck_number_block_range"),
        sa.CheckConstraint("next >= first AND next <= last + 1", name="ck_number_block_next_in_range"),
        sa.UniqueConstraint("division", "year", "first", name="uq_number_block_division_year_first"),
        sa.PrimaryKeyConstraint("block_id", name="pk_number_block"),
    )
    op.create_table(
        "number_use",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column(
            "block_id",
            sa.String(),
            sa.ForeignKey("number_block.block_id", name="fk_number_use_block_id"),
            nullable=False,
        ),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.UniqueConstraint("case_id", name="uq_number_use_case_id"),
        sa.PrimaryKeyConstraint("number", name="pk_number_use"),
    )
    op.create_table(
        "catalog",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_catalog"),
    )
    op.create_table(
        "draft",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("saved_ms", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_draft"),
    )
    op.create_table(
        "document",
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("created_ms", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("op_id", "kind", name="uq_document_op_id_kind"),
        sa.PrimaryKeyConstraint("document_id", name="pk_document"),
    )
    op.create_index("ix_document_case_id", "document", ["case_id"])
    op.create_table(
        "lease",
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("lease", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("staff", name="pk_lease"),
    )
    op.create_table(
        "cursor",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_cursor"),
    )
    op.create_table(
        "audit",
        sa.Column("aseq", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("aseq", name="pk_audit"),
    )
    for name, event in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {event} BEGIN SELECT RAISE(ABORT, 'immutable: {name}'); END")


def downgrade() -> None:
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
    op.drop_table("audit")
    op.drop_table("cursor")
    op.drop_table("lease")
    op.drop_table("document")
    op.drop_table("draft")
    op.drop_table("catalog")
    op.drop_table("number_use")
    op.drop_table("number_block")
    op.drop_table("conflict")
    op.drop_table("case_history")
    op.drop_table("case_view")
    op.drop_table("case_confirmed")
    op.drop_table("op_status")
    op.drop_table("op")
    op.drop_table("meta")
