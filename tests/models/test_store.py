"""The encrypted replica on a real SQLCipher file: what it keeps, what it refuses, what it hides."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from models.errors import KnownError
from models.sqlcipher import make_engine
from models.store import create_store, open_store
from models.tables import replica as t
from tests.desk_kit import ROOT

KEY = b"k" * 32
NAME = "王样例㐂𠮷"


def op_row(dseq: int, data: bytes = b"x") -> dict[str, object]:
    return {
        "dseq": dseq,
        "op_id": f"op{dseq}",
        "case_id": "c",
        "kind": "save",
        "staff": "T0718",
        "wall_ms": 1,
        "data": data,
        "hash": bytes(32),
    }


def test_nothing_stands_in_clear_in_any_file(tmp_path: Path) -> None:
    store = create_store(tmp_path / "replica.db", KEY)
    with store.write() as conn:
        conn.execute(insert(t.op).values(**op_row(1, NAME.encode() * 50)))
        for file in tmp_path.iterdir():
            assert NAME.encode() not in file.read_bytes()
    for file in tmp_path.iterdir():
        assert NAME.encode() not in file.read_bytes()
        assert b"SQLite format 3" not in file.read_bytes()
    store.close()


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_foreign_file_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "replica.db"
    path.write_bytes(content)
    with pytest.raises(KnownError, match="副本"):
        open_store(path, KEY)
    assert path.read_bytes() == content


def test_a_plain_database_is_foreign(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE x (y)")
    plain.commit()
    plain.close()
    with pytest.raises(KnownError, match="副本打不开"):
        open_store(path, KEY)


def test_the_wrong_key_and_a_damaged_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    create_store(path, KEY).close()
    with pytest.raises(KnownError, match="密钥不对"):
        open_store(path, b"z" * 32)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * 900 + whole[1000:])
    with pytest.raises(KnownError, match="副本打不开"):
        open_store(path, KEY)
    path.write_bytes(whole)
    open_store(path, KEY).close()


def test_a_newer_schema_is_refused_plainly(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    create_store(path, KEY).close()
    engine = make_engine(path, KEY)
    with engine.connect() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(KnownError, match="更新版本的程序"):
        open_store(path, KEY)


def test_a_second_window_is_refused_and_a_dead_one_is_not_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    store = create_store(path, KEY)
    with pytest.raises(KnownError, match="另一个窗口"):
        open_store(path, KEY)
    store.close()
    open_store(path, KEY).close()


@pytest.mark.parametrize(
    "change",
    [
        update(t.op).values(staff="X"),
        delete(t.op),
        insert(t.op).values(**op_row(3)),
        delete(t.op_status),
        update(t.op_status).values(state="nonsense"),
        update(t.number_block).values(next=1),
        update(t.number_block).values(next=99),
        update(t.number_use).values(case_id="other"),
        delete(t.number_use),
        update(t.audit).values(act="x"),
        delete(t.audit),
        update(t.case_confirmed).values(rev=1),
        insert(t.op_status).values(dseq=77, state="pending"),
        text("INSERT OR REPLACE INTO number_use VALUES ('n', 'b', 'other', 'op9')"),
        text("INSERT OR REPLACE INTO number_use VALUES ('n2', 'b', 'c', 'op9')"),
        text("INSERT OR REPLACE INTO number_block VALUES ('b', '370911', 2026, 1, 9, 1)"),
        text("INSERT OR REPLACE INTO case_confirmed VALUES ('c', 's', 1, x'')"),
        text("INSERT OR REPLACE INTO op_status VALUES (1, 'applied', '', 0, 0, 0)"),
        text("INSERT OR REPLACE INTO audit VALUES (1, 1, 'T', 'x', '', '', x'', x'')"),
    ],
)
def test_the_database_itself_refuses_to_rewrite_history(tmp_path: Path, change: object) -> None:
    store = create_store(tmp_path / "replica.db", KEY)
    with store.write() as conn:
        conn.execute(insert(t.op).values(**op_row(1)))
        conn.execute(insert(t.op_status).values(dseq=1, state="pending"))
        conn.execute(
            insert(t.number_block).values(block_id="b", division="370911", year=2026, first=1, last=9, next=5)
        )
        conn.execute(insert(t.number_use).values(number="n", block_id="b", case_id="c", op_id="op1"))
        conn.execute(insert(t.case_confirmed).values(case_id="c", scope="s", rev=2, state=b""))
        audit = {"aseq": 1, "at_ms": 1, "staff": "T", "act": "a", "prev_hash": b"", "hash": b""}
        conn.execute(insert(t.audit).values(**audit))
    with pytest.raises(DBAPIError), store.write() as conn:
        conn.execute(change)  # type: ignore[call-overload]  # several kinds of statement
    store.close()


def test_a_full_disk_costs_nothing_that_was_there(tmp_path: Path) -> None:
    store = create_store(tmp_path / "replica.db", KEY)
    with store.write() as conn:
        conn.execute(insert(t.meta).values(key="kept", value=b"1"))
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(KnownError, match="磁盘已满"), store.write() as conn:
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        conn.execute(insert(t.meta).values(key="huge", value=os.urandom(200_000)))
    with store.write() as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert conn.execute(select(t.meta.c.key)).scalars().all() == ["kept"]
        conn.execute(insert(t.meta).values(key="after", value=b"2"))
    store.close()


def test_a_truncated_file_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    create_store(path, KEY).close()
    whole = path.read_bytes()
    for size in (100, 4096, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:size])
        with pytest.raises(KnownError, match="副本打不开"):
            open_store(path, KEY)
        assert path.read_bytes() == whole[:size]


def test_damage_met_while_reading_is_told(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    store = create_store(path, KEY)
    with store.write() as conn:
        conn.execute(insert(t.meta).values(key="big", value=os.urandom(400_000)))
    store.close()
    content = bytearray(path.read_bytes())
    content[-200_000] ^= 1
    path.write_bytes(content)
    store = open_store(path, KEY)
    with pytest.raises(KnownError, match="文件损坏"), store.read() as conn:
        conn.execute(select(t.meta)).all()
    store.close()


def test_a_closed_store_refuses_and_a_nested_write_is_a_bug(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    store = create_store(path, KEY)
    with pytest.raises(RuntimeError, match="inside"), store.write(), store.write():
        pass
    with store.write() as conn:
        conn.execute(insert(t.meta).values(key="a", value=b""))
    store.close()
    store.close()
    for block in (store.write, store.read):
        with pytest.raises(KnownError, match="已经关闭"), block():
            pass
    assert {f.name for f in tmp_path.iterdir()} == {"replica.db", "replica.db.lock"}
    assert all(f.stat().st_mode & 0o777 == 0o600 for f in tmp_path.iterdir())


def test_a_key_of_another_length_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        make_engine(tmp_path / "replica.db", b"short")


NO_ROOM = """
import resource, sys
from pathlib import Path
from models.errors import KnownError
from models.store import create_store
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    create_store(Path(sys.argv[1]), b"k" * 32)
except KnownError as error:
    print(error)
"""


def test_a_replica_that_could_not_be_made_leaves_room_for_the_next_try(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "磁盘" in done.stdout
    assert {f.name for f in tmp_path.iterdir()} == {"replica.db.lock"}
    create_store(path, KEY).close()


def test_a_failed_block_leaves_no_trace(tmp_path: Path) -> None:
    store = create_store(tmp_path / "replica.db", KEY)
    with pytest.raises(RuntimeError), store.write() as conn:
        conn.execute(insert(t.meta).values(key="a", value=b""))
        raise RuntimeError
    with store.read() as conn:
        assert conn.execute(select(t.meta)).all() == []
    store.close()


def test_two_threads_write_and_a_reader_is_never_in_the_way(tmp_path: Path) -> None:
    store = create_store(tmp_path / "replica.db", KEY)

    def write(who: str) -> None:
        for i in range(30):
            with store.write() as conn:
                conn.execute(insert(t.meta).values(key=f"{who}{i}", value=b""))

    threads = [threading.Thread(target=write, args=(who,)) for who in "ab"]
    with store.read() as conn:
        before = len(conn.execute(select(t.meta)).all())
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(conn.execute(select(t.meta)).all()) == before
    with store.read() as conn:
        assert len(conn.execute(select(t.meta)).all()) == 60
    store.close()


KILLED = """
import sys
from pathlib import Path
from sqlalchemy import insert
from models.store import open_store
from models.tables import replica as t
store = open_store(Path(sys.argv[1]), b"k" * 32)
n = int(sys.argv[2])
while True:
    with store.write() as conn:
        conn.execute(insert(t.meta).values(key=f"a{n}", value=b""))
        conn.execute(insert(t.meta).values(key=f"b{n}", value=b""))
    print(n, flush=True)
    n += 1
"""


def test_kill_9_leaves_whole_transactions_and_everything_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    create_store(path, KEY).close()
    told = -1
    for round_ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), str(1000 * round_)], stdout=subprocess.PIPE, cwd=ROOT
        )
        assert process.stdout is not None
        for _ in range(5 + 3 * round_):
            told = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        store = open_store(path, KEY)
        with store.read() as conn:
            keys = set(conn.execute(select(t.meta.c.key)).scalars())
            assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        store.close()
        assert f"a{told}" in keys
        assert {k[1:] for k in keys if k[0] == "a"} == {k[1:] for k in keys if k[0] == "b"}
