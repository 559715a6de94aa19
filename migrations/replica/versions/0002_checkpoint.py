"""A signed checkpoint, below which settled ops may go; decided conflicts may go with their case."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BELOW = "(SELECT COALESCE(MAX(dseq), 0) FROM checkpoint)"
BEFORE = {
    "op_no_delete": "BEFORE DELETE ON op",
    "op_status_no_delete": "BEFORE DELETE ON op_status",
    "number_use_no_delete": "BEFORE DELETE ON number_use",
    "conflict_no_delete": "BEFORE DELETE ON conflict",
}
NOW = {
    "op_no_delete": f"BEFORE DELETE ON op WHEN OLD.dseq > {BELOW}",
    "op_status_no_delete": f"BEFORE DELETE ON op_status WHEN OLD.dseq > {BELOW}",
    "number_use_no_delete": "BEFORE DELETE ON number_use WHEN EXISTS (SELECT 1 FROM op WHERE op_id = OLD.op_id)",
    "conflict_no_delete": "BEFORE DELETE ON conflict WHEN OLD.resolved = 0",
}
NEW = {
    # Only forward, onto an op that is here and not the newest, with everything up to it settled.
    "checkpoint_forward": f"BEFORE INSERT ON checkpoint WHEN NEW.dseq <= {BELOW}"
    " OR NEW.dseq >= (SELECT COALESCE(MAX(dseq), 0) FROM op)"
    " OR NOT EXISTS (SELECT 1 FROM op WHERE dseq = NEW.dseq AND hash = NEW.hash)"
    " OR EXISTS (SELECT 1 FROM op_status WHERE dseq <= NEW.dseq"
    " AND (state NOT IN ('applied','merged','conflict') OR seen_in_feed = 0))",
    "checkpoint_no_update": "BEFORE UPDATE ON checkpoint",
    "checkpoint_no_delete": "BEFORE DELETE ON checkpoint",
}


def upgrade() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("dseq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("hub_ms", sa.Integer(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(hash) = 32", name="ck_checkpoint_hash_length"),
        sa.PrimaryKeyConstraint("dseq", name="pk_checkpoint"),
    )
    _drop(BEFORE)
    _create({**NOW, **NEW})


def downgrade() -> None:
    _drop({**NOW, **NEW})
    op.drop_table("checkpoint")
    _create(BEFORE)


def _drop(triggers: dict[str, str]) -> None:
    for name in triggers:
        op.execute(f"DROP TRIGGER {name}")


def _create(triggers: dict[str, str]) -> None:
    for name, event in triggers.items():
        op.execute(f"CREATE TRIGGER {name} {event} BEGIN SELECT RAISE(ABORT, 'immutable: {name}'); END")
