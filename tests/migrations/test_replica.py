"""The replica's migrations: up, down, head equals models, and never a file that does not open."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select

from app.commands.batch import intake_line
from app.sample import filled
from models import upgrade
from models.errors import KnownError
from models.sqlcipher import make_engine
from models.store import create_store, open_store
from models.tables import replica as t
from tests.desk_kit import DATA_KEY, ROOT, item, make_desk

TRIGGERS = {
    "op_append_only", "op_no_update", "op_no_delete", "audit_append_only", "audit_no_update", "audit_no_delete",
    "op_status_no_delete", "number_use_no_update", "number_use_no_delete", "number_block_no_delete",
    "number_block_forward", "case_confirmed_forward", "case_confirmed_no_older", "catalog_no_update", "conflict_no_delete",
    "checkpoint_forward", "checkpoint_no_update", "checkpoint_no_delete",
}  # fmt: skip


# Only their being there can be compared, which the search's tests do by needing them.
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_head_is_what_the_models_say(tmp_path: Path) -> None:
    create_store(tmp_path / "r.db", DATA_KEY).close()
    engine = make_engine(tmp_path / "r.db", DATA_KEY)
    with engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), t.metadata) == []
        names = set(conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())
        assert upgrade.current_revision(conn) == upgrade.HEAD
    engine.dispose()
    assert names == TRIGGERS


def test_down_and_up_again(tmp_path: Path) -> None:
    create_store(tmp_path / "r.db", DATA_KEY).close()
    engine = make_engine(tmp_path / "r.db", DATA_KEY)
    with engine.connect() as conn:
        upgrade.run(conn, "base", down=True)
        left = set(conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
        assert left <= {"alembic_version", "sqlite_sequence"}
        upgrade.run(conn)
        conn.execute(insert(t.meta).values(key="x", value=b""))
        conn.rollback()
    engine.dispose()


STEPS = ("checkpointed", "copied", "migrated", "checked", "kept", "swapped")
KILLED = """
import os, sys
from pathlib import Path
from models import upgrade
from models.store import make_engine
def stop(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), 9)
path = Path(sys.argv[1])
upgrade.upgrade_file(path, lambda p: make_engine(p, bytes(range(32))), stop)
"""


def outbox(path: Path) -> str:
    engine = make_engine(path, DATA_KEY)
    with engine.connect() as conn:
        answer = upgrade.outbox_hash(conn)
    engine.dispose()
    return answer


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_replica_opens_with_every_op(tmp_path: Path, step: str) -> None:
    import random

    desk = make_desk(tmp_path)
    for n in range(3):
        intake_line(desk, filled(item("SB012"), random.Random(n)))
    desk.store.close()
    path = desk.store.path
    before = outbox(path)
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), step], cwd=ROOT, check=False)
    assert done.returncode == -9
    store = open_store(path, DATA_KEY)
    with store.read() as conn:
        assert len(conn.execute(select(t.op)).all()) == 3
    store.close()
    assert outbox(path) == before
    upgrade.upgrade_file(path, lambda p: make_engine(p, DATA_KEY))
    assert outbox(path) == before
    assert (tmp_path / f"replica.db.before-{upgrade.HEAD}").exists()


def test_an_upgrade_that_loses_ops_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk(tmp_path)
    desk.store.close()
    before = desk.store.path.read_bytes()
    answers = iter(["before", "after"])
    monkeypatch.setattr(upgrade, "outbox_hash", lambda conn: next(answers))
    with pytest.raises(KnownError, match="核对不上"):
        upgrade.upgrade_file(desk.store.path, lambda p: make_engine(p, DATA_KEY))
    assert os.path.getsize(desk.store.path) == len(before)
