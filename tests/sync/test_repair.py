"""A replica that went wrong is healed, and only what differs is read again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from app.commands.context import Desk
from app.commands.verify import verify_replica
from models.tables import replica as t
from sync import protocol as p
from sync import snapshot_protocol as sp
from sync.engine import SyncEngine
from sync.hub.ingest import push
from tests.sync.hall_kit import Hall, confirmed, open_hall, shown

CASES = 120


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with open_hall(tmp_path_factory.mktemp("hall")) as made:
        made.fill(CASES)
        desk = made.desk()
        assert made.sync(desk).problems == []
        yield made


KINDS = ("bytes", "revision", "gone", "extra", "other scope")
damage = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, CASES - 1)),
    min_size=1,
    max_size=8,
    unique_by=lambda d: d[1],
)


def spoil(desk: Desk, kind: str, index: int) -> str:
    case_id = f"case-{index:05d}"
    row = t.case_confirmed
    with desk.store.write() as conn:
        where = row.c.case_id == case_id
        if kind == "bytes":
            conn.execute(update(row).where(where).values(state=b"\xff damaged"))
        elif kind == "revision":
            conn.execute(update(row).where(where).values(rev=row.c.rev + 7))
        elif kind == "gone":
            conn.execute(delete(row).where(where))
        elif kind == "other scope":
            conn.execute(update(row).where(where).values(scope="370999"))
        else:
            case_id = f"never-{index:05d}"
            conn.execute(insert(row).values(case_id=case_id, scope="370911", rev=1, state=b"?"))
    return case_id


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages=damage)
def test_any_damage_is_healed_and_only_what_differs_is_read(
    hall: Hall, damages: list[tuple[str, int]]
) -> None:
    (desk,) = hall.open
    wrong = {spoil(desk, kind, index) for kind, index in damages}
    missing = {case_id for case_id in wrong if not case_id.startswith("never")}
    line = hall.line()
    report = hall.sync(desk, line)
    assert report.problems == []
    assert report.repaired == len(wrong)
    assert confirmed(desk) == shown(desk) == hall.states()
    # One comparison, one reading of just the cases that differ; never a chunk of the whole scope.
    assert line.requests["/v1/buckets"] == 1
    assert line.requests["/v1/snapshot"] == (1 if missing else 0)
    assert verify_replica(desk) == []
    with desk.store.read() as conn:
        last = conn.execute(select(t.audit).order_by(t.audit.c.aseq.desc()).limit(1)).one()
    assert (last.act, f"cases={len(wrong)} " in last.detail) == ("repair", True)
    again = hall.line()
    assert (hall.sync(desk, again).repaired, again.requests["/v1/buckets"]) == (0, 0)


def test_the_buckets_asked_for_are_only_the_damaged_ones(hall: Hall) -> None:
    (desk,) = hall.open
    wrong = spoil(desk, "bytes", 5)
    seen: list[sp.BucketReply] = []
    line = hall.line()
    real = line.send

    def watched(method, path, headers, body):  # type: ignore[no-untyped-def]  # as Transport.send
        answer = real(method, path, headers, body)
        if path == "/v1/buckets":
            seen.append(p.unpack(answer[2], sp.BucketReply))
        return answer

    line.send = watched  # type: ignore[method-assign]  # to look at the answers
    assert hall.sync(desk, line).repaired == 1
    (reply,) = seen
    assert reply.buckets == (sp.bucket_of(wrong),)
    assert {sp.bucket_of(case.case_id) for case in reply.cases} == {sp.bucket_of(wrong)}


def test_a_scope_that_moves_on_meanwhile_is_not_taken_for_damage(hall: Hall) -> None:
    (desk,) = hall.open
    spoil(desk, "bytes", 3)
    other = hall.fake()

    def busy(path: str) -> bool:
        if path == "/v1/buckets" and other.dseq < 3:
            other.save(f"busy-{other.dseq}", {"form.a": "x"})
            push(hall.hub, other.device, other.batch())
            other.sent()
        return False

    line = hall.line(busy)
    report = hall.sync(desk, line)
    assert (report.problems, report.repaired) == ([], 1)
    assert line.requests["/v1/buckets"] == 4
    assert confirmed(desk) == hall.states()


def test_a_replica_that_is_wrong_all_over_is_read_whole(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    from sync.hub import snapshot

    monkeypatch.setattr(snapshot, "MOST_BUCKETS", 3)
    monkeypatch.setattr(snapshot, "CHUNK_CASES", 50)
    (desk,) = hall.open
    with desk.store.write() as conn:
        conn.execute(update(t.case_confirmed).values(state=b"?"))
    line = hall.line()
    assert hall.sync(desk, line).problems == []
    assert line.requests["/v1/snapshot"] >= 3
    assert confirmed(desk) == shown(desk) == hall.states()


def test_a_quick_round_reads_the_replica_through_only_after_a_change(hall: Hall) -> None:
    (desk,) = hall.open
    quick = SyncEngine(
        desk.store,
        desk.device,
        desk.device_key,
        desk.rulebook,
        desk.clock,
        transport=hall.line,
        thorough=False,
    )
    assert hall.sync(desk).problems == []
    wrong = spoil(desk, "revision", 1)
    assert quick.run().repaired == 0  # nothing was said, so nothing was compared
    hall.fill(1, prefix="later")
    assert quick.run().repaired == 1
    spoil(desk, "revision", 1)
    assert hall.sync(desk).repaired == 1
    assert confirmed(desk) == shown(desk) == hall.states()
    assert wrong in hall.states()
