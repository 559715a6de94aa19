"""Tables of the encrypted replica.  Immutability triggers live in the migrations.

``op`` and ``audit`` are append-only.  ``case_confirmed`` is the hub's word; ``case_view`` is what
screens read: the confirmed state with this desk's pending ops replayed over it.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

TAIL = 8


def backwards(column: str) -> str:
    """SQL of the last eight characters of a column of ``case_view``, last one first."""
    return " || ".join(f"substr({column}, -{place}, 1)" for place in range(1, TAIL + 1))


metadata = MetaData(naming_convention=NAMING)

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

op = Table(
    "op",
    metadata,
    Column("dseq", Integer, primary_key=True, autoincrement=False),
    Column("op_id", String, nullable=False, unique=True),
    Column("case_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("staff", String, nullable=False),
    Column("wall_ms", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("dseq >= 1", name="dseq_positive"),
    CheckConstraint("length(hash) = 32", name="hash_length"),
    Index("ix_op_case_id_dseq", "case_id", "dseq"),
)

op_status = Table(
    "op_status",
    metadata,
    Column("dseq", Integer, ForeignKey("op.dseq"), primary_key=True, autoincrement=False),
    Column("state", String, nullable=False),  # pending | applied | merged | conflict | held | …
    Column("reason", String, nullable=False, default=""),
    Column("tries", Integer, nullable=False, default=0),
    Column("acked_ms", Integer, nullable=False, default=0),
    # a decided op stays part of the desk's own view until the feed has brought its effect
    Column("seen_in_feed", Integer, nullable=False, default=0),
    CheckConstraint(
        "state IN ('pending','applied','merged','conflict','held','rejected','quarantined')",
        name="state_known",
    ),
    CheckConstraint("seen_in_feed IN (0, 1)", name="seen_bool"),
    Index("ix_op_status_state", "state", "dseq"),
)

# Ops up to ``dseq`` may be gone: the hub has attested with its signature that it holds them.
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("dseq", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("hub_ms", Integer, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    CheckConstraint("length(hash) = 32", name="hash_length"),
)

# Acts of this machine under a former name that its hub had: for a hub restored from an older backup.
former_op = Table(
    "former_op",
    metadata,
    Column("op_id", String, primary_key=True),
    Column("place", Integer, nullable=False),  # their order
    Column("data", LargeBinary, nullable=False),
    Column("kept_ms", Integer, nullable=False),  # the hub's time when it acknowledged the act
    Column("replaced", Integer, nullable=False),  # the present chain has it under another id
    CheckConstraint("replaced IN (0, 1)", name="replaced_bool"),
)

case_confirmed = Table(
    "case_confirmed",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("scope", String, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
    CheckConstraint("rev >= 1", name="rev_positive"),
)

case_view = Table(
    "case_view",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("scope", String, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("number", String, nullable=False),
    Column("receipt", String, nullable=False),
    Column("item_id", String, nullable=False),
    Column("item_name", String, nullable=False),
    Column("applicant", String, nullable=False),
    Column("initials", String, nullable=False),
    Column("id_tail", String, nullable=False),
    Column("staff", String, nullable=False),
    Column("device", String, nullable=False),
    Column("received_on", String, nullable=False),
    Column("opened_ms", Integer, nullable=False),
    Column("changed_ms", Integer, nullable=False),
    Column("sync", String, nullable=False),  # synced | pending | attention
    Column("state", LargeBinary, nullable=False),
    CheckConstraint("sync IN ('synced','pending','attention')", name="sync_known"),
    # The newest cases are looked through in this one alone; see app.queries.cases.
    Index(
        "ix_case_view_recent",
        "changed_ms",
        "applicant",
        "initials",
        "item_name",
        "number",
        "id_tail",
        "receipt",
    ),
    Index("ix_case_view_number_changed_ms", "number", "changed_ms"),
    Index("ix_case_view_applicant_changed_ms", "applicant", "changed_ms"),
    Index("ix_case_view_initials_changed_ms", "initials", "changed_ms"),
    Index("ix_case_view_receipt_changed_ms", "receipt", "changed_ms"),
    Index("ix_case_view_item_id_changed_ms", "item_id", "changed_ms"),
    # Tails are found as the beginnings of the last eight characters written backwards.
    Index("ix_case_view_id_tail_back", text(backwards("id_tail")), "changed_ms"),
    Index("ix_case_view_number_back", text(backwards("number")), "changed_ms"),
    Index("ix_case_view_sync", "sync"),
    # What waits for the office, the longest wait first; see app.queries.deadlines.
    Index("ix_case_view_status_received_on", "status", "received_on"),
)

# What is owed after acceptance, projected from the states.  ``state``: open; done; or false, when a check
# found the promise false and a note in the credit record is proposed.
case_duty = Table(
    "case_duty",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("duty_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("due", String, nullable=False),
    Column("state", String, nullable=False),
    CheckConstraint("state IN ('open','done','false')", name="state_known"),
    Index("ix_case_duty_state_due", "state", "due"),
)

case_history = Table(
    "case_history",
    metadata,
    Column("op_id", String, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("seq", Integer, nullable=False),  # the scope's sequence at the hub
    Column("outcome", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_case_history_case_id_seq", "case_id", "seq"),
)

conflict = Table(
    "conflict",
    metadata,
    Column("conflict_id", String, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("op_id", String, nullable=False),
    Column("path", String, nullable=False),
    Column("data", LargeBinary, nullable=False),  # a sync.protocol.FieldConflict
    Column("resolved", Integer, nullable=False, default=0),
    CheckConstraint("resolved IN (0, 1)", name="resolved_bool"),
    Index("ix_conflict_case_id", "case_id"),
)

number_block = Table(
    "number_block",
    metadata,
    Column("block_id", String, primary_key=True),
    Column("division", String, nullable=False),
    Column("year", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("next", Integer, nullable=False),
    CheckConstraint("first >= 1 AND last >= first", name="range"),
    CheckConstraint("next >= first AND next <= last + 1", name="next_in_range"),
    UniqueConstraint("division", "year", "first"),
)

number_use = Table(
    "number_use",
    metadata,
    Column("number", String, primary_key=True),
    Column("block_id", String, ForeignKey("number_block.block_id"), nullable=False),
    Column("case_id", String, nullable=False, unique=True),
    Column("op_id", String, nullable=False),
)

catalog = Table(
    "catalog",
    metadata,
    Column("version", String, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("received_ms", Integer, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("staff", String, nullable=False),
    Column("item_id", String, nullable=False),
    Column("saved_ms", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

document = Table(
    "document",
    metadata,
    Column("document_id", String, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("op_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("title", String, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("op_id", "kind"),
    Index("ix_document_case_id", "case_id"),
)

# Files whose sealed bytes are on this machine.  ``scope``: the hall of the case it was attached to.
# ``upload``: the hub may still lack it (waiting), has it (done), or a person must see to it (stuck).
file = Table(
    "file",
    metadata,
    Column("file_id", String, primary_key=True),
    Column("scope", String, nullable=False),
    Column("case_id", String, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("upload", String, nullable=False),
    Column("sent", Integer, nullable=False),  # bytes that the hub has confirmed
    Column("tries", Integer, nullable=False),
    Column("reason", String, nullable=False),
    Column("added_ms", Integer, nullable=False),
    CheckConstraint("upload IN ('waiting','done','stuck')", name="upload_known"),
    CheckConstraint("length(sha256) = 32 AND length(key) = 32", name="lengths"),
    Index("ix_file_upload_size", "upload", "size"),
)

lease = Table(
    "lease",
    metadata,
    Column("staff", String, primary_key=True),
    Column("lease", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("scope", String, primary_key=True),
    Column("epoch", String, nullable=False),
    Column("seq", Integer, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("aseq", Integer, primary_key=True),
    Column("at_ms", Integer, nullable=False),
    Column("staff", String, nullable=False),
    Column("act", String, nullable=False),
    Column("case_id", String, nullable=False, default=""),
    Column("detail", String, nullable=False, default=""),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
