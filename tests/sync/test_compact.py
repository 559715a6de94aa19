"""Old steps go from feed and desk; what is left still proves itself, and nobody misses anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.cli import main
from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.commands.verify import verify_replica
from app.queries.cases import read_state
from models.tables import replica as t
from sync import compact as desk_compact
from sync.checksum import scope_checksum
from sync.hub import tables as h
from sync.hub.compact import compact
from sync.hub.feed import pull
from sync.hub.ingest import push
from sync.hub.moves import move
from sync.protocol import PullRequest
from tests.desk_kit import FixedClock
from tests.sync.hall_kit import Hall, confirmed, open_hall, shown
from tests.sync.hub.fake_desk import COMPLETE, HALL, PERSON
from tests.sync.test_place import OTHER_WINDOW

DAY_MS = 86_400_000


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hall]:
    url = str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else None
    with open_hall(tmp_path, url) as made:
        yield made


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_compact, "FEWEST", 1)


def later(hall: Hall, desk: Desk, days: int) -> None:
    hall.clock.ms += days * DAY_MS
    assert isinstance(desk.clock, FixedClock)
    desk.clock.now_ms += days * DAY_MS


def saved(desk: Desk, case_id: str = "", **fields: str) -> str:
    case_id = case_id or desk.make_id()
    intake.save_case(desk, Entry(case_id=case_id, item_id="SAMPLE-1", fields={**PERSON, **fields}))
    return case_id


def own_dseqs(desk: Desk) -> list[int]:
    with desk.store.read() as conn:
        return list(conn.execute(select(t.op.c.dseq).order_by(t.op.c.dseq)).scalars())


def test_settled_ops_go_after_ninety_days_and_the_chain_still_verifies(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    old = [saved(desk, **{"form.a": str(n)}) for n in range(5)]
    printed = desk.make_id()
    entry = Entry(case_id=printed, item_id="SAMPLE-1", fields=COMPLETE)
    number = intake.accept(desk, entry).number
    assert number
    hall.sync(desk)
    later(hall, desk, 89)
    hall.sync(desk)
    assert own_dseqs(desk) == [1, 2, 3, 4, 5, 6]
    later(hall, desk, 2)
    young = saved(desk, old[0], **{"form.a": "新"})
    assert hall.sync(desk).problems == []
    assert own_dseqs(desk) == [7]
    assert verify_replica(desk) == []
    with desk.store.read() as conn:
        kept = {*conn.execute(select(t.case_history.c.case_id)).scalars()}
        assert conn.execute(select(t.op_status.c.dseq)).scalars().all() == [7]
    assert kept == {young}
    assert confirmed(desk) == shown(desk) == hall.states()
    state = read_state(desk, printed)
    assert state is not None
    assert state.number == number
    # Life goes on, also from the start again.
    desk = hall.reopened(desk)
    saved(desk)
    assert hall.sync(desk).problems == []
    with desk.store.write() as conn:
        conn.exec_driver_sql("DELETE FROM cursor")
    assert hall.sync(desk).problems == []
    assert confirmed(desk) == shown(desk) == hall.states()
    assert verify_replica(desk) == []


def test_what_is_not_settled_or_not_acknowledged_for_long_stays(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    saved(desk)
    hall.sync(desk)
    saved(desk)
    later(hall, desk, 100)
    saved(desk)
    hall.sync(desk)  # the second and third are acknowledged only now
    assert own_dseqs(desk) == [2, 3]
    with desk.store.write() as conn:
        conn.exec_driver_sql("UPDATE op_status SET state = 'rejected' WHERE dseq = 2")
    later(hall, desk, 100)
    hall.sync(desk)
    assert own_dseqs(desk) == [2, 3]


def test_what_an_act_that_was_sent_back_stands_on_stays_with_it(hall: Hall) -> None:
    """In a hall that the desk has left the case is shown from its own acts alone: they stay until that one may go."""
    desk = hall.desk()
    hall.sync(desk)
    case = saved(desk)
    hall.sync(desk)
    saved(desk, case, **{"form.a": "后来"})
    hall.sync(desk)
    with desk.store.write() as conn:
        conn.exec_driver_sql("UPDATE op_status SET state = 'rejected' WHERE dseq = 2")
    move(hall.hub, desk.device.device, OTHER_WINDOW)
    hall.sync(desk)
    before = shown(desk)[case]
    later(hall, desk, 100)
    hall.sync(desk)
    assert own_dseqs(desk) == [1, 2]
    assert shown(desk)[case] == before
    assert verify_replica(desk) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM op WHERE dseq = 1",
        "DELETE FROM op_status WHERE dseq = 1",
        "DELETE FROM number_use",
        "INSERT INTO checkpoint VALUES (1, x'{other}', 1, x'00')",
        "INSERT INTO checkpoint VALUES (2, x'{hash2}', 1, x'00')",  # the newest
        "INSERT INTO checkpoint VALUES (9, x'{hash2}', 1, x'00')",
    ],
)
def test_the_database_lets_nothing_else_go(hall: Hall, statement: str) -> None:
    desk = hall.desk()
    hall.sync(desk)
    intake.accept(desk, Entry(case_id=desk.make_id(), item_id="SAMPLE-1", fields=COMPLETE))
    saved(desk)
    hall.sync(desk)
    with desk.store.read() as conn:
        hash2 = conn.execute(select(t.op.c.hash).where(t.op.c.dseq == 2)).scalar_one()
    text = statement.format(other="11" * 32, hash2=hash2.hex())
    with pytest.raises(DBAPIError, match="immutable"), desk.store.write() as conn:
        conn.exec_driver_sql(text)


def test_a_checkpoint_the_hub_did_not_sign_is_told(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    saved(desk), saved(desk)
    hall.sync(desk)
    with desk.store.write() as conn:
        conn.exec_driver_sql("INSERT INTO checkpoint SELECT dseq, hash, 1, x'00' FROM op WHERE dseq = 1")
        conn.exec_driver_sql("DELETE FROM op_status WHERE dseq = 1")
        conn.exec_driver_sql("DELETE FROM op WHERE dseq = 1")
    assert verify_replica(desk) == ["第 1 个动作的中心确认签名不对"]


def test_a_folded_feed_still_serves_old_desks_and_sends_new_ones_to_a_snapshot(hall: Hall) -> None:
    other, late = hall.fake(), hall.desk()
    hall.sync(late)
    case_id = saved(late)
    hall.sync(late, hall.line(lambda path: path == "/v1/pull"))  # pushed, never seen in the feed
    for n in range(6):
        other.save("c1", {f"form.x{n}": "y"}, rev=n)
    other.save("c2", {"form.a": "甲"})
    push(hall.hub, other.device, other.batch())
    other.sent()
    second = hall.fake()
    second.save("c2", {"form.a": "乙"}, {"form.a": "原"}, rev=1)  # a conflict that nobody decides
    push(hall.hub, second.device, second.batch())
    other.save("c2", {"form.b": "丙"}, rev=1)
    push(hall.hub, other.device, other.batch())
    later(hall, late, 100)
    (done,) = compact(hall.hub, 90)
    assert (done.scope, done.folded) == (HALL, 6)
    assert compact(hall.hub, 90)[0].folded == 0
    with hall.hub.read() as conn:
        assert conn.execute(select(func.count()).select_from(h.op_log)).scalar_one() == 10
        assert conn.execute(select(func.count()).select_from(h.feed)).scalar_one() == 4
    # A desk of a former version reads what is left, and its checksum fits.
    page = pull(hall.hub, HALL, PullRequest(scope=HALL, epoch="", after_seq=0))
    latest = {e.case_id: (e.rev, e.state) for e in page.entries}
    assert page.checksum == scope_checksum((c, rev, state) for c, (rev, state) in latest.items())
    assert [c.path for e in page.entries for c in e.conflicts] == ["form.a"]
    # One of this version is below the floor: snapshot, and its own op is seen.
    line = hall.line()
    report = hall.sync(late, line)
    assert (report.problems, report.conflicts, line.requests["/v1/snapshot"]) == ([], 1, 1)
    assert confirmed(late) == shown(late) == hall.states()
    assert case_id in shown(late)
    with late.store.read() as conn:
        assert conn.execute(select(t.op_status.c.seen_in_feed)).scalars().all() == [1]
    fresh = hall.desk("fresh")
    assert hall.sync(fresh).problems == []
    assert confirmed(fresh) == hall.states()


def test_an_outcome_whose_step_was_folded_is_still_heard(hall: Hall) -> None:
    """A held act on a case that never came to be, sent back later: only the snapshot's end tells."""
    desk = hall.desk()
    hall.sync(desk)
    case_id = saved(desk)
    hall.sync(desk)
    with hall.hub.write() as conn:  # as if the hub had held it and then sent it back
        conn.exec_driver_sql("UPDATE op_log SET outcome = 'rejected', reason = '样例'")
        for table in ("feed", "case_head"):
            conn.exec_driver_sql(f"DELETE FROM {table}")
        conn.execute(h.scope_seq.update().values(checksum=bytes(32), floor_seq=5, seq=5))
    with desk.store.write() as conn:
        conn.exec_driver_sql("UPDATE op_status SET state = 'held', seen_in_feed = 0")
        conn.exec_driver_sql("DELETE FROM case_confirmed")
    report = hall.sync(desk)
    assert (report.problems, report.rejected) == ([], 1)
    assert case_id in shown(desk)


def test_a_backup_older_than_the_checkpoint_is_told_with_the_way_out(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    saved(desk), saved(desk)
    hall.sync(desk)
    later(hall, desk, 91)
    saved(desk)
    hall.sync(desk)
    with hall.hub.write() as conn:
        conn.execute(h.device.update().values(head_dseq=0))
    assert any("desk recover" in problem for problem in hall.sync(desk).problems)


def test_the_command(hall: Hall, capsys: pytest.CaptureFixture[str]) -> None:
    hall.fill(3)
    assert main(["hub", "compact", "--data", str(hall.hub.data_dir), "--days", "1", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["folded"] >= 0
    assert {s["scope"] for s in answer["scopes"]} == {HALL}
    assert main(["hub", "compact", "--data", str(hall.hub.data_dir), "--days", "0"]) == 1
    assert "至少保留" in capsys.readouterr().err
