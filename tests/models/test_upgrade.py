"""An older replica is brought up on a copy; killed, full or wrong on the way, it opens as it was.

A later release is played by a copy of the migrations with one more revision, written by each test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, insert, select

from models import upgrade
from models.errors import KnownError
from models.sqlcipher import make_engine
from models.store import Store, create_store, open_store
from models.tables import replica as t
from tests.desk_kit import ROOT

pytestmark = pytest.mark.slow

KEY = b"k" * 32
NOW = upgrade.HEAD
NEXT = f"{int(NOW) + 1:04d}"
LATER = """
import os
import sqlalchemy as sa
from alembic import op

revision = "{next}"
down_revision = "{now}"


def upgrade():
    op.add_column("draft", sa.Column("note", sa.String(), nullable=False, server_default="later"))
    if os.environ.get("KILLED_AT") == "inside":
        os.kill(os.getpid(), 9)
    with op.batch_alter_table("case_history") as table:
        table.alter_column("reason", nullable=True)
    {more}
"""
KILLED = """
import os, sys
from pathlib import Path
from models import upgrade
from models.store import make_engine
def stop(name):
    if name == os.environ["KILLED_AT"]:
        os.kill(os.getpid(), 9)
upgrade.upgrade_file(Path(sys.argv[1]), lambda p: make_engine(p, b"k" * 32), stop)
"""


@pytest.fixture
def replica(tmp_path: Path) -> Path:
    """A replica of this release with three ops, the last one still to be sent."""
    path = tmp_path / "replica.db"
    store = create_store(path, KEY)
    with store.write() as conn:
        for dseq, state in ((1, "applied"), (2, "conflict"), (3, "pending")):
            values = {"op_id": f"op{dseq}", "case_id": "c", "kind": "save", "staff": "T0718", "wall_ms": 1}
            conn.execute(insert(t.op).values(dseq=dseq, data=b"x" * dseq, hash=bytes([dseq]) * 32, **values))
            conn.execute(insert(t.op_status).values(dseq=dseq, state=state))
        conn.execute(insert(t.draft).values(case_id="d", staff="T0718", item_id="i", saved_ms=1, data=b"d"))
        seen = {"op_id": "op1", "case_id": "c", "seq": 7, "outcome": "applied", "reason": "", "data": b"h"}
        conn.execute(insert(t.case_history).values(**seen))
    store.close()
    return path


def later_release(folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = "pass") -> None:
    shutil.copytree(
        ROOT / "migrations", folder / "later" / "migrations", ignore=shutil.ignore_patterns("__pycache__")
    )
    version = folder / "later" / "migrations" / "replica" / "versions" / f"{NEXT}_later.py"
    version.write_text(
        LATER.replace("{more}", more).replace("{now}", NOW).replace("{next}", NEXT), encoding="utf-8"
    )
    monkeypatch.syspath_prepend(folder / "later")
    monkeypatch.delitem(sys.modules, "migrations", raising=False)
    monkeypatch.setattr(upgrade, "HEAD", NEXT)


def ops(store: Store) -> list[tuple[int, bytes, bytes, str]]:
    with store.read() as conn:
        rows = conn.execute(
            select(t.op.c.dseq, t.op.c.data, t.op.c.hash, t.op_status.c.state).join(t.op_status)
        )
        return [(row.dseq, row.data, row.hash, row.state) for row in rows]


EXPECTED = [
    (1, b"x", b"\x01" * 32, "applied"),
    (2, b"xx", b"\x02" * 32, "conflict"),
    (3, b"xxx", b"\x03" * 32, "pending"),
]


def assert_upgraded(path: Path) -> None:
    store = open_store(path, KEY)
    assert ops(store) == EXPECTED
    with store.read() as conn:
        assert upgrade.current_revision(conn) == NEXT
        assert conn.exec_driver_sql("SELECT note FROM draft").scalar() == "later"
        assert conn.exec_driver_sql("SELECT seq FROM case_history").scalar() == 7
        triggers = conn.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").scalar()
        assert triggers == 18
    store.close()
    left = {file.name for file in path.parent.iterdir() if file.is_file()}
    assert left == {"replica.db", "replica.db.lock", f"replica.db.before-{NOW}"}
    assert path.stat().st_mode & 0o777 == 0o600


def assert_untouched(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {file.name for file in path.parent.iterdir() if file.is_file()} == {
        "replica.db",
        "replica.db.lock",
    }
    monkeypatch.setattr(upgrade, "HEAD", NOW)
    store = open_store(path, KEY)
    assert ops(store) == EXPECTED
    store.close()


def test_an_older_replica_is_upgraded_when_it_is_opened(
    replica: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_release(replica.parent, monkeypatch)
    assert_upgraded(replica)


def test_the_former_file_is_kept_whole_and_still_opens(
    replica: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_release(replica.parent, monkeypatch)
    open_store(replica, KEY).close()
    monkeypatch.setattr(upgrade, "HEAD", NOW)
    with pytest.raises(KnownError, match="请升级程序"):
        open_store(replica, KEY)
    former = open_store(replica.with_name(f"replica.db.before-{NOW}"), KEY)
    assert ops(former) == EXPECTED
    former.close()


def test_where_there_are_no_hard_links_the_former_file_is_copied(
    replica: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_release(replica.parent, monkeypatch)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    before = replica.read_bytes()
    assert_upgraded(replica)
    assert replica.with_name(f"replica.db.before-{NOW}").read_bytes() == before


@pytest.mark.parametrize(
    "moment", ["checkpointed", "copied", "inside", "migrated", "checked", "kept", "swapped"]
)
def test_killed_at_any_moment_it_opens_with_every_op(
    replica: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    later_release(replica.parent, monkeypatch)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(replica)],
        cwd=replica.parent,
        env={
            **os.environ,
            "KILLED_AT": moment,
            "PYTHONPATH": os.pathsep.join([str(replica.parent / "later"), str(ROOT)]),
        },
        check=False,
    )
    assert done.returncode == -9
    if moment != "swapped":
        engine = make_engine(replica, KEY)
        with engine.connect() as conn:
            assert upgrade.current_revision(conn) == NOW
        engine.dispose()
    assert_upgraded(replica)


@pytest.mark.parametrize(
    "wrong",
    [
        "op.execute('DROP TRIGGER op_no_update'); op.execute(\"UPDATE op SET data = x'00' WHERE dseq = 3\")",
        "op.execute('DROP TRIGGER op_status_no_delete'); op.execute('DELETE FROM op_status WHERE dseq = 3')",
        "op.execute(\"UPDATE op_status SET state = 'applied'\")",
        "op.execute('DROP TRIGGER op_no_delete'); op.execute('DELETE FROM op WHERE dseq = 1')",
    ],
)
def test_an_upgrade_that_changes_an_op_is_not_taken(
    replica: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    later_release(replica.parent, monkeypatch, wrong)
    with pytest.raises(KnownError, match="已退回原副本"):
        open_store(replica, KEY)
    assert_untouched(replica, monkeypatch)


def test_an_upgrade_with_a_bug_leaves_the_replica_as_it_was(
    replica: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_release(replica.parent, monkeypatch, "raise ZeroDivisionError")
    with pytest.raises(ZeroDivisionError):
        open_store(replica, KEY)
    assert_untouched(replica, monkeypatch)


def test_no_room_for_the_upgrade_leaves_the_replica_as_it_was(
    replica: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_release(replica.parent, monkeypatch)
    original = make_engine

    def cramped(path: Path, key: bytes) -> Engine:
        engine = original(path, key)
        if path.name.endswith(".upgrading"):
            event.listen(
                engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 1").fetchone()
            )
        return engine

    monkeypatch.setattr("models.store.make_engine", cramped)
    with pytest.raises(KnownError, match="磁盘已满"):
        open_store(replica, KEY)
    monkeypatch.setattr("models.store.make_engine", original)
    assert_untouched(replica, monkeypatch)


def test_an_up_to_date_replica_opens_without_loading_alembic(replica: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from models.store import open_store\n"
        "open_store(Path(sys.argv[1]), b'k' * 32).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(replica)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
