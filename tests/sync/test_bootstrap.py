"""Starting with an empty replica: signed chunks, cut and killed anywhere, then deltas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from app.commands import intake
from app.commands.act import Entry
from app.commands.history import fetch_history
from app.commands.verify import verify_replica
from app.queries.cases import read_case
from app.queries.outbox import read_conflicts
from models.errors import KnownError
from models.tables import replica as t
from sync import bootstrap
from sync import protocol as p
from sync import snapshot_protocol as sp
from sync.apply import cursor
from sync.bootstrap import read_place
from sync.client import HubClient
from sync.hub import snapshot
from sync.hub.backup import start_epoch
from sync.hub.ingest import push
from tests.sync.hall_kit import Hall, confirmed, open_hall, shown
from tests.sync.hub.fake_desk import HALL, OTHER_HALL, PERSON


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hall]:
    url = str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else None
    with open_hall(tmp_path, url) as made:
        yield made


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "CHUNK_CASES", 10)


def test_an_empty_desk_takes_the_scope_in_chunks_and_then_the_feed(hall: Hall) -> None:
    other = hall.fill(25)
    desk, line = hall.desk(), hall.line()
    report = hall.sync(desk, line)
    assert (report.problems, report.pulled) == ([], 25)
    assert (line.requests["/v1/snapshot"], line.requests["/v1/pull"]) == (3, 1)
    assert confirmed(desk) == shown(desk) == hall.states()
    hall.fill(3, other, "later")
    report = hall.sync(desk, line)
    assert (report.pulled, line.requests["/v1/snapshot"]) == (3, 3)
    assert confirmed(desk) == hall.states()
    assert verify_replica(desk) == []


@pytest.mark.parametrize("cut_at", [1, 2, 3, 4])
def test_a_cut_line_goes_on_at_the_next_key(hall: Hall, cut_at: int) -> None:
    hall.fill(25)
    desk = hall.desk()
    calls = 0

    def cut(path: str) -> bool:
        nonlocal calls
        calls += path in ("/v1/snapshot", "/v1/pull")
        return calls == cut_at

    assert hall.sync(desk, hall.line(cut)).problems
    assert len(confirmed(desk)) == min(10 * (cut_at - 1), 25)
    line = hall.line()
    assert hall.sync(hall.reopened(desk), line).problems == []
    assert line.requests["/v1/snapshot"] == 3 - min(cut_at - 1, 3)
    assert confirmed(hall.open[0]) == hall.states()


class Killed(BaseException):
    """No KnownError: nothing in the program may handle it."""


@pytest.mark.parametrize("moment", ["before the chunk is stored", "after the chunk is stored"])
def test_killed_in_mid_bootstrap_it_goes_on_after_a_restart(
    hall: Hall, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = hall.fill(35)
    desk = hall.desk()
    real, taken = bootstrap.take_chunk, 0

    def killed(*args: object) -> None:
        nonlocal taken
        taken += 1
        if taken == 3 and moment.startswith("before"):
            raise Killed
        real(*args)  # type: ignore[arg-type]  # handed on as they came
        if taken == 3:
            raise Killed  # stored but not committed: the chunk and its place are one transaction

    monkeypatch.setattr(bootstrap, "take_chunk", killed)
    with pytest.raises(Killed):
        hall.sync(desk)
    monkeypatch.undo()
    desk = hall.reopened(desk)
    with desk.store.read() as conn:
        place = read_place(conn, HALL)
        assert place is not None
        assert (place.taken, cursor(conn, HALL)) == (20, ("", 0))
    # Meanwhile the scope goes on: what was read already changes, and new cases come.
    other.save("case-00001", {"form.b": "后来"}, rev=1)
    other.save("zz-new", {"form.a": "新"})
    push(hall.hub, other.device, other.batch())
    line = hall.line()
    report = hall.sync(desk, line)
    assert (report.problems, report.repaired) == ([], 0)
    assert confirmed(desk) == shown(desk) == hall.states()
    assert confirmed(desk)["case-00001"].value("form.b") == "后来"
    with desk.store.read() as conn:
        assert read_place(conn, HALL) is None


def test_own_ops_that_the_snapshot_shows_are_not_replayed_over_it(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    case_id = desk.make_id()
    entry = Entry(case_id=case_id, item_id="SAMPLE-1", fields={**PERSON, "form.a": "一"})
    intake.save_case(desk, entry)
    hall.sync(desk)
    other = hall.fake()
    other.save(case_id, {"form.a": "二"}, {"form.a": "一"}, rev=1)
    push(hall.hub, other.device, other.batch())
    with desk.store.write() as conn:  # read the scope anew, as after a change of epoch
        conn.exec_driver_sql("DELETE FROM cursor")
        conn.exec_driver_sql("UPDATE op_status SET state = 'pending', seen_in_feed = 0")
    line = hall.line(lambda path: path == "/v1/push")
    with desk.store.write() as conn:
        conn.exec_driver_sql("UPDATE op_status SET state = 'applied'")
    assert hall.sync(desk, line).problems == []
    assert shown(desk)[case_id].value("form.a") == "二"
    with desk.store.read() as conn:
        assert conn.execute(select(t.op_status.c.seen_in_feed)).scalars().all() == [1]


def test_open_conflicts_come_with_the_snapshot_and_closed_ones_close(hall: Hall) -> None:
    one, two = hall.fake(), hall.fake()
    one.save("c1", {"form.a": "原"})
    push(hall.hub, one.device, one.batch())
    one.sent()
    one.save("c1", {"form.a": "甲"}, {"form.a": "原"}, rev=1)
    two.save("c1", {"form.a": "乙"}, {"form.a": "原"}, rev=1)
    push(hall.hub, one.device, one.batch())
    push(hall.hub, two.device, two.batch())
    desk = hall.desk()
    assert hall.sync(desk).conflicts == 1
    (row,) = read_conflicts(desk)
    assert (row.conflict.mine, row.conflict.theirs) == ("乙", "甲")
    with hall.hub.write() as conn:
        conn.exec_driver_sql("UPDATE conflict SET resolved_by = 'x'")
    with desk.store.write() as conn:
        conn.exec_driver_sql("DELETE FROM cursor")
    assert hall.sync(desk).conflicts == 0


def test_a_forged_or_foreign_chunk_is_not_taken(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.fill(5)
    desk = hall.desk()
    real = HubClient.snapshot

    def forged(self: HubClient, request: sp.SnapshotRequest) -> sp.SnapshotReply:
        reply = real(self, request)
        return msgspec.structs.replace(reply, chunk=reply.chunk.replace(b"case-00001", b"case-00009"))

    monkeypatch.setattr(HubClient, "snapshot", forged)
    report = hall.sync(desk)
    assert "核对不上" in report.problems[0]
    assert confirmed(desk) == {}
    monkeypatch.undo()
    with HubClient(desk.device.hub_url) as client:
        client.open_session(desk.device.device, desk.device_key, 0, desk.device.hub_key)
        with pytest.raises(Exception, match="其他大厅"):
            client.snapshot(sp.SnapshotRequest(scope=OTHER_HALL))


def test_a_new_epoch_in_mid_bootstrap_begins_anew(hall: Hall) -> None:
    hall.fill(25)
    desk = hall.desk()
    chunks = 0

    def restore(path: str) -> bool:
        nonlocal chunks
        chunks += path == "/v1/snapshot"
        if path == "/v1/snapshot" and chunks == 3:
            with hall.hub.write() as conn:
                start_epoch(conn, hall.hub.now_ms())
        return False

    line = hall.line(restore)
    assert hall.sync(desk, line).problems == []
    assert line.requests["/v1/snapshot"] == 5
    assert confirmed(desk) == hall.states()


def test_a_hub_without_snapshots_is_read_by_its_feed(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    from sync.client import HubRefused

    hall.fill(5)
    desk = hall.desk()

    def absent(self: HubClient, request: sp.SnapshotRequest) -> sp.SnapshotReply:
        raise HubRefused(p.Problem(code="not_served", message="没有"), 404)

    monkeypatch.setattr(HubClient, "snapshot", absent)
    assert hall.sync(desk).problems == []
    assert confirmed(desk) == hall.states()


def test_the_story_of_a_case_is_fetched_when_asked_for(hall: Hall) -> None:
    other = hall.fill(3)
    for index in range(4):
        other.save("case-00001", {f"form.x{index}": "y"}, rev=1 + index)
    push(hall.hub, other.device, other.batch())
    other.sent()
    desk = hall.desk()
    hall.sync(desk)
    page = read_case(desk, "case-00001")
    assert page is not None
    assert page.history == ()
    assert fetch_history(desk, "case-00001") == fetch_history(desk, "case-00001") == 5
    other.save("case-00001", {"form.x9": "y"}, rev=5)
    push(hall.hub, other.device, other.batch())
    hall.sync(desk)
    page = read_case(desk, "case-00001")
    assert page is not None
    assert [line.op_id for line in page.history] == [f"{other.device}-{n}" for n in (2, 4, 5, 6, 7, 8)]
    with pytest.raises(KnownError, match="没有这件"):
        fetch_history(desk, "elsewhere")
