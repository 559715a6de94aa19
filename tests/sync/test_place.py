"""A desk that is moved: what it owes the old hall still goes there, and the old hall's cases go."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Row, delete, insert, select, update

from app.cli import main
from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.commands.verify import verify_replica
from models.crypto import sign
from models.device import known_facts, set_facts
from models.errors import KnownError
from models.projection import open_conflicts
from models.tables import replica as t
from sync.hub import tables as h
from sync.hub.backup import start_epoch
from sync.hub.ingest import push, release_held
from sync.hub.moves import halls_of, move
from sync.hub.people import revoke
from sync.hub.postings import posted, regain
from sync.protocol import Posting, SignedPosting, posting_payload
from tests.sync.hall_kit import Hall, confirmed, open_hall, shown
from tests.sync.hub.fake_desk import HALL, OTHER_HALL, PERSON, WINDOW

OTHER_WINDOW = "370921-01"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hall]:
    url = str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else None
    with open_hall(tmp_path, url) as made:
        yield made


def saved(desk: Desk, case_id: str = "", **fields: str) -> str:
    case_id = case_id or desk.make_id()
    entry = Entry(case_id=case_id, item_id="SAMPLE-1", fields={**PERSON, **fields})
    intake.save_case(desk, entry)
    return case_id


def signed_in_anew(hall: Hall, desk: Desk) -> Desk:
    """What the sign-in does: the facts are those the replica was told."""
    with desk.store.read() as conn:
        facts = known_facts(conn)
    assert facts is not None
    hall.open.remove(desk)
    again = replace(desk, device=facts)
    hall.open.append(again)
    return again


def test_pending_ops_reach_the_old_hall_and_its_cases_leave(hall: Hall) -> None:
    hall.fill(12)
    there = hall.fake(OTHER_HALL, OTHER_WINDOW)
    hall.fill(7, there, "there")
    desk = hall.desk()
    hall.sync(desk)
    acked = saved(desk)
    hall.sync(desk)
    waiting = [saved(desk), saved(desk, acked, **{"form.a": "后来"})]
    assert move(hall.hub, desk.device.device, OTHER_WINDOW) == OTHER_HALL
    report = hall.sync(desk)
    assert (report.problems, report.pushed, report.pending, report.moved) == ([], 2, 0, True)
    assert report.purged == 14
    here = hall.states(HALL)
    assert here[acked].value("form.a") == "后来"
    assert waiting[0] in here
    assert confirmed(desk) == shown(desk) == hall.states(OTHER_HALL)
    with desk.store.read() as conn:
        left = {*conn.execute(select(t.case_history.c.case_id)).scalars()}
        assert not left & here.keys()
        assert all(b.next == b.last + 1 for b in conn.execute(select(t.number_block)) if b.division == HALL)
    assert verify_replica(desk) == []
    with pytest.raises(KnownError, match="宁阳县"):
        saved(desk)
    desk = signed_in_anew(hall, desk)
    case_id = saved(desk)
    report = hall.sync(desk)
    assert (report.problems, report.purged, report.moved) == ([], 0, False)
    assert case_id in hall.states(OTHER_HALL)


def test_a_case_with_an_undecided_act_stays_until_the_hub_has_it(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    case_id = saved(desk)
    move(hall.hub, desk.device.device, OTHER_WINDOW)
    line = hall.line(lambda path: path == "/v1/push")
    assert hall.sync(desk, line).pending == 1
    assert case_id in shown(desk)
    assert hall.sync(desk).pending == 0
    assert case_id not in shown(desk)
    assert case_id in hall.states(HALL)


def test_a_restore_and_a_move_heard_of_at_once(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    case_id = saved(desk)
    hall.sync(desk)
    with hall.hub.write() as conn:  # the backup is from when the act still waited
        conn.execute(update(h.op_log).values(outcome="held", waits="catalog", reason="等目录"))
        start_epoch(conn, hall.hub.now_ms())
    move(hall.hub, desk.device.device, OTHER_WINDOW)
    hall.sync(desk)
    with desk.store.read() as conn:
        assert conn.execute(select(t.op_status.c.state)).scalar_one() == "held"
    assert case_id in shown(desk)  # what is not decided stays


def there_and_back(hall: Hall, desk: Desk) -> tuple[Desk, str, str]:
    """Moved to the other hall and back again: the desk then, and the case made in each."""
    made: list[str] = []
    for window in (OTHER_WINDOW, WINDOW):
        move(hall.hub, desk.device.device, window)
        hall.sync(desk)
        desk = signed_in_anew(hall, desk)
        made.append(saved(desk))
    hall.sync(desk)
    there, back = made
    return desk, there, back


def test_there_and_back_again_with_a_lost_answer(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    first = saved(desk)
    desk, second, third = there_and_back(hall, desk)
    with desk.store.write() as conn:  # no acknowledgement ever came
        conn.exec_driver_sql("UPDATE op_status SET state = 'pending'")
    assert hall.sync(desk).problems == []
    assert set(hall.states(HALL)) == {first, third}
    assert set(hall.states(OTHER_HALL)) == {second}
    assert set(shown(desk)) == {first, third}
    with hall.hub.read() as conn:
        rows = conn.execute(select(h.op_log.c.scope, h.op_log.c.dseq).order_by(h.op_log.c.dseq)).all()
    assert [(r.scope, r.dseq) for r in rows] == [(HALL, 1), (OTHER_HALL, 2), (HALL, 3)]
    assert verify_replica(desk) == []


def test_after_an_op_of_the_new_hall_none_of_the_old_is_taken(hall: Hall) -> None:
    desk = hall.fake()
    move(hall.hub, desk.device, OTHER_WINDOW)
    desk.make("save", "old-1", scope=HALL)
    desk.make("save", "new-1", scope=OTHER_HALL)
    desk.make("save", "old-2", scope=HALL)
    reply = push(hall.hub, desk.device, desk.batch())
    assert [o.outcome for o in reply.outcomes] == ["applied"]  # the batch is taken hall by hall
    assert len(push(hall.hub, desk.device, desk.batch()).outcomes) == 2
    reply = push(hall.hub, desk.device, desk.batch())
    assert [o.outcome for o in reply.outcomes] == ["applied", "applied", "rejected"]
    assert "old-2" not in hall.states(HALL)


def kept(hall: Hall) -> dict[str, list[dict[str, object]]]:
    """All that the hub knows: a backup, of either database."""
    with hall.hub.read() as conn:
        return {
            table.name: [dict(row) for row in conn.execute(select(table)).mappings()]
            for table in h.metadata.sorted_tables
        }


def put_back(hall: Hall, backup: dict[str, list[dict[str, object]]]) -> None:
    with hall.hub.write() as conn:
        guards: Sequence[Row[Any]] = ()
        if conn.dialect.name == "sqlite":
            guards = conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
            for guard in guards:
                conn.exec_driver_sql(f"DROP TRIGGER {guard.name}")
        else:
            conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in h.metadata.sorted_tables:
            conn.execute(delete(table))
        for table in h.metadata.sorted_tables:
            if backup[table.name]:
                conn.execute(insert(table), backup[table.name])
        for guard in guards:
            conn.exec_driver_sql(guard.sql)
        start_epoch(conn, hall.hub.now_ms())


def test_a_restored_hub_learns_of_a_hall_from_its_own_word(hall: Hall) -> None:
    """There and back again, and then a backup from before both: nothing done there is sent back."""
    desk = hall.desk()
    hall.sync(desk)
    first = saved(desk)
    hall.sync(desk)
    backup = kept(hall)
    desk, second, third = there_and_back(hall, desk)
    put_back(hall, backup)
    assert hall.states(OTHER_HALL) == {}
    assert hall.sync(desk).problems == []
    assert set(hall.states(HALL)) == {first, third} == set(shown(desk))
    assert set(hall.states(OTHER_HALL)) == {second}
    with desk.store.read() as conn:
        assert set(conn.execute(select(t.op_status.c.state)).scalars()) == {"applied"}
    # Only what was done there before: nothing written for that hall from now on is taken in there.
    forged = saved(written_for(desk, OTHER_HALL, OTHER_WINDOW))
    written_for(desk, HALL, WINDOW)
    hall.sync(desk)
    assert forged not in hall.states(OTHER_HALL)
    assert verify_replica(desk) == []


def written_for(desk: Desk, hall: str, window: str) -> Desk:
    facts = msgspec.structs.replace(desk.device, scope=hall, window=window)
    with desk.store.write() as conn:
        set_facts(conn, facts)
    return replace(desk, device=facts)


def test_a_hall_that_the_hub_has_not_signed_for_is_not_regained(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    device = desk.device.device
    stranger = hall.fake()
    real = Posting(device=device, scope=OTHER_HALL, window=OTHER_WINDOW, epoch="former")
    data = msgspec.msgpack.encode(real)
    with hall.hub.read() as conn:
        assert posted(hall.hub, conn, device, HALL, WINDOW) is None
    of_another = msgspec.msgpack.encode(msgspec.structs.replace(real, device=stranger.device))
    with hall.hub.read() as conn:
        now = hall.hub.epoch(conn)
    of_now = msgspec.msgpack.encode(msgspec.structs.replace(real, epoch=now))
    nowhere = msgspec.msgpack.encode(msgspec.structs.replace(real, scope="370999"))
    sign_hub = hall.hub.keys.signing
    shown_ = [
        SignedPosting(posting=data, signature=sign(desk.device_key, posting_payload(data))),
        SignedPosting(posting=data, signature=sign(sign_hub, data)),
        SignedPosting(posting=of_another, signature=sign(sign_hub, posting_payload(of_another))),
        SignedPosting(posting=nowhere, signature=sign(sign_hub, posting_payload(nowhere))),
        SignedPosting(posting=of_now, signature=sign(sign_hub, posting_payload(of_now))),
        SignedPosting(posting=b"?", signature=sign(sign_hub, posting_payload(b"?"))),
    ]
    regain(hall.hub, device, shown_)
    with hall.hub.read() as conn:
        assert halls_of(conn, device) == [HALL]
    good = SignedPosting(posting=data, signature=sign(sign_hub, posting_payload(data)))
    regain(hall.hub, device, [good, good])
    with hall.hub.read() as conn:
        assert sorted(halls_of(conn, device)) == [HALL, OTHER_HALL]


def test_what_waits_in_a_hall_it_left_is_asked_after(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    case_id = saved(desk)
    hall.sync(desk)
    later = saved(desk, case_id, **{"form.a": "后来"})
    hall.sync(desk)
    with hall.hub.write() as conn:  # it came before the hub knew its catalogue
        conn.execute(
            update(h.op_log).where(h.op_log.c.dseq == 2).values(outcome="held", waits="catalog", settled=0)
        )
    with desk.store.write() as conn:
        conn.exec_driver_sql("UPDATE op_status SET state = 'held' WHERE dseq = 2")
        conn.execute(
            insert(t.conflict).values(
                conflict_id="C1", case_id=case_id, op_id="X", path="form.a", data=b"", resolved=0
            )
        )
    move(hall.hub, desk.device.device, OTHER_WINDOW)
    hall.sync(desk)
    assert later in shown(desk)
    with desk.store.read() as conn:
        assert open_conflicts(conn) == []  # whoever is in that hall decides
    release_held(hall.hub)
    hall.sync(desk)
    assert later not in shown(desk)
    with desk.store.read() as conn:
        assert set(conn.execute(select(t.op_status.c.state)).scalars()) <= {"applied", "merged"}
    assert verify_replica(desk) == []


def test_within_the_hall_only_the_window_changes(hall: Hall) -> None:
    hall.fill(3)
    desk = hall.desk()
    hall.sync(desk)
    assert move(hall.hub, desk.device.device, "370911-08") == HALL
    report = hall.sync(desk)
    assert (report.moved, report.purged, len(shown(desk))) == (True, 0, 3)
    with desk.store.read() as conn:
        facts = known_facts(conn)
    assert facts is not None
    assert facts.window == "370911-08"


def test_the_command_says_what_cannot_be(
    hall: Hall, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hall.fake()
    with pytest.raises(KnownError, match="没有“x”这个窗口"):
        move(hall.hub, desk.device, "x")
    with pytest.raises(KnownError, match="没有“nobody”"):
        move(hall.hub, "nobody", OTHER_WINDOW)
    command = ["hub", "device", "move", desk.device, "--window", OTHER_WINDOW, "--json"]
    assert main([*command, "--data", str(hall.hub.data_dir)]) == 0
    assert json.loads(capsys.readouterr().out)["hall"] == OTHER_HALL
    revoke(hall.hub, desk.device)
    with pytest.raises(KnownError, match="撤销"):
        move(hall.hub, desk.device, WINDOW)
