"""Tables of the hub, the same on PostgreSQL and SQLite.

What belongs to a hall leads its key with ``scope``, so that the hub can be sharded by it.  Times are
Unix milliseconds by the hub's clock.  ``op_log`` and ``audit`` are append-only; triggers in the
migrations see to it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

hub_meta = Table(
    "hub_meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

# How far each machine's audit chain had come; see sync.hub.audit_heads.
audit_head = Table(
    "audit_head",
    metadata,
    Column("device", String, primary_key=True),
    Column("aseq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("heard_ms", BigInteger, nullable=False),
)

# Acts of a 一并勘验 whose last one has not come yet; see sync.hub.visits.  ``cases`` is a MessagePack array.
joint_part = Table(
    "joint_part",
    metadata,
    Column("scope", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("cases", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

# The row is the lock of its scope.  ``checksum`` is the running XOR of checksum.scope_checksum.
scope_seq = Table(
    "scope_seq",
    metadata,
    Column("scope", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
    Column("floor_seq", BigInteger, nullable=False, default=0),  # the feed is whole only after this
    CheckConstraint("length(checksum) = 32", name="checksum_length"),
)

# A device has one row that is not ``moved``; the others are halls it was in before.
device = Table(
    "device",
    metadata,
    Column("scope", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("window", String, nullable=False),
    Column("label", String, nullable=False),
    Column("status", String, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("escrow", LargeBinary, nullable=False),  # the replica's data key, sealed under the master key
    Column("code_hash", LargeBinary, nullable=False),
    Column("head_dseq", BigInteger, nullable=False),
    Column("head_hash", LargeBinary, nullable=False),
    Column("enrolled_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("reason", String, nullable=False, default=""),  # why it is frozen
    Column("former", String, nullable=False, default=""),  # the frozen device that this machine was
    Column("moved_dseq", BigInteger, nullable=False, default=0),  # its head when it came to this hall
    # When, and since which restore, the machine has shown that it had been in this hall before that.
    Column("regained_ms", BigInteger, nullable=False, server_default=text("0")),
    Column("regained_epoch", String, nullable=False, server_default=text("''")),
    CheckConstraint("status IN ('pending','approved','frozen','revoked','moved')", name="status_known"),
    CheckConstraint("length(public_key) = 32", name="key_length"),
    Index("ix_device_device", "device"),
)

invite = Table(
    "invite",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("scope", String, nullable=False),
    Column("window", String, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("device", String, nullable=False, default=""),  # who used it
    Column("former", String, nullable=False, default=""),  # the frozen device that may use it
)

# ``roles`` and ``domains`` are JSON arrays; ``scope`` "" lets a person sign in at every hall.
staff = Table(
    "staff",
    metadata,
    Column("staff", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("window", String, nullable=False),
    Column("roles", String, nullable=False),
    Column("domains", String, nullable=False),
    Column("kdf", String, nullable=False),  # scrypt parameters, JSON
    Column("salt", LargeBinary, nullable=False),
    Column("password", LargeBinary, nullable=False),
    Column("disabled", Integer, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    CheckConstraint("disabled IN (0, 1)", name="disabled_bool"),
)

signin_attempt = Table(
    "signin_attempt",
    metadata,
    Column("staff", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
)

signin_lease = Table(
    "signin_lease",
    metadata,
    Column("scope", String, primary_key=True),
    Column("lease_id", String, primary_key=True),
    Column("device", String, nullable=False),
    Column("staff", String, nullable=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_signin_lease_staff", "staff"),
)

# ``settled`` 0: something still waits for this op (held), or later ops of its desk wait behind it.
# ``waits`` says for what a held op waits: catalog | kind | decode | previous | error.
op_log = Table(
    "op_log",
    metadata,
    Column("scope", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("dseq", BigInteger, primary_key=True),
    Column("op_id", String, nullable=False),
    Column("case_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("outcome", String, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("reason", String, nullable=False),
    Column("waits", String, nullable=False),
    Column("settled", Integer, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("decided_ms", BigInteger, nullable=False),
    UniqueConstraint("scope", "op_id"),
    CheckConstraint("dseq >= 1", name="dseq_positive"),
    CheckConstraint("settled IN (0, 1)", name="settled_bool"),
    CheckConstraint(
        "outcome IN ('applied','merged','conflict','held','rejected','quarantined')", name="outcome_known"
    ),
    Index("ix_op_log_case", "scope", "case_id", "settled"),
)

# ``applicant`` is a keyed hash of item and id number: finds double cases without naming anybody.
case_head = Table(
    "case_head",
    metadata,
    Column("scope", String, primary_key=True),
    Column("case_id", String, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("number", String, nullable=False),
    Column("item_id", String, nullable=False),
    Column("applicant", LargeBinary, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    CheckConstraint("rev >= 1", name="rev_positive"),
    Index("ix_case_head_applicant", "scope", "applicant"),
)

# The op's bytes are in op_log; ``conflicts`` and ``resolved`` are MessagePack arrays.
feed = Table(
    "feed",
    metadata,
    Column("scope", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("op_id", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("reason", String, nullable=False),
    Column("conflicts", LargeBinary, nullable=False),
    Column("resolved", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    CheckConstraint("seq >= 1", name="seq_positive"),
)

conflict = Table(
    "conflict",
    metadata,
    Column("scope", String, primary_key=True),
    Column("conflict_id", String, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("op_id", String, nullable=False),
    Column("path", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("resolved_by", String, nullable=False),  # op_id of the RESOLVE; "" while open
    CheckConstraint("kind IN ('C','D')", name="kind_known"),
    Index("ix_conflict_case_id", "scope", "case_id"),
)

# What cases refer to.  ``state``: its bytes are awaited, or here and checked.  ``sent`` bytes have come.
file = Table(
    "file",
    metadata,
    Column("scope", String, primary_key=True),
    Column("file_id", String, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("device", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("added_ms", BigInteger, nullable=False),
    Column("done_ms", BigInteger, nullable=False),
    CheckConstraint("state IN ('awaited','here')", name="state_known"),
    CheckConstraint("length(sha256) = 32", name="sha256_length"),
    Index("ix_file_state", "scope", "state"),
)

number_series = Table(
    "number_series",
    metadata,
    Column("division", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("next", BigInteger, nullable=False),
)

# ``device`` "" marks serials whose grants a restored backup no longer knows: any desk may hold them.
number_block = Table(
    "number_block",
    metadata,
    Column("block_id", String, primary_key=True),
    Column("device", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("division", String, nullable=False),
    Column("year", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("granted_ms", BigInteger, nullable=False),
    # When its machine was moved to another 区划 and the rest was void; 0 for never.
    Column("withdrawn_ms", BigInteger, nullable=False, default=0, server_default=text("0")),
    UniqueConstraint("device", "request_id"),
    UniqueConstraint("division", "year", "first"),
    CheckConstraint("first >= 1 AND last >= first", name="range"),
)

number_ledger = Table(
    "number_ledger",
    metadata,
    Column("number", String, primary_key=True),
    Column("scope", String, nullable=False),
    Column("case_id", String, nullable=False),
    Column("op_id", String, nullable=False),
    Column("device", String, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

catalog_version = Table(
    "catalog_version",
    metadata,
    Column("version", String, primary_key=True),
    Column("place", Integer, nullable=False, unique=True),  # order of publication
    Column("data", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    Column("effective_on", String, nullable=False, server_default=text("''")),  # ISO day; "": at once
)

# At most one draft (``place`` 1).  ``status``: draft | submitted | approved.  ``approved`` is the hash of
# the bytes that a legal reviewer approved; whoever changes ``data`` empties it.
catalog_draft = Table(
    "catalog_draft",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    Column("base", String, nullable=False),  # the version it was prepared on; "" for the first
    Column("status", String, nullable=False),
    Column("author", String, nullable=False),
    Column("reviewer", String, nullable=False),
    Column("approved", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    CheckConstraint("place = 1", name="only_one"),
    CheckConstraint("status IN ('draft','submitted','approved')", name="status_known"),
)

# Blank forms and samples by the name the catalogue gives them; the bytes lie in the store by ``sha256``.
form_file = Table(
    "form_file",
    metadata,
    Column("name", String, primary_key=True),
    Column("sha256", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media", String, nullable=False),
    Column("added_ms", BigInteger, nullable=False),
    Column("added_by", String, nullable=False),
    CheckConstraint("length(sha256) = 32", name="sha256_length"),
)


def _signed_document(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("place", Integer, primary_key=True, autoincrement=False),
        Column("hash", String, nullable=False),
        Column("data", LargeBinary, nullable=False),
        Column("signature", LargeBinary, nullable=False),
        Column("published_ms", BigInteger, nullable=False),
    )


directory = _signed_document("directory")
calendar = _signed_document("calendar")
credit = _signed_document("credit")  # 失信名单
form_list = _signed_document("form_list")  # what form_file holds, for the desks

alarm = Table(
    "alarm",
    metadata,
    Column("alarm_id", String, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("scope", String, nullable=False),
    Column("device", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("message", String, nullable=False),
    Column("data", LargeBinary, nullable=False),  # the bytes that gave the alarm, if any
    Index("ix_alarm_at_ms", "at_ms"),
)

audit = Table(
    "audit",
    metadata,
    Column("aseq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("act", String, nullable=False),
    Column("target", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

# 登记: what a hall counts beside its catalogue; ``data`` is the row as JSON.
register_row = Table(
    "register_row",
    metadata,
    Column("register", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("demo", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
