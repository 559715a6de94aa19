"""Batches and the device's chain: idempotence, gaps, forks, who may push."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from models.domain.apply import Rules
from models.domain.case import CaseState
from models.domain.merge import Merge, reconcile
from models.domain.ops import Act, Change, Op, OpKind, decode_op, encode_op, op_hash
from sync.hub import people
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.devices import find_device
from sync.hub.feed import pull
from sync.hub.ingest import push, release_held
from sync.hub.refusal import Refused
from sync.protocol import FeedEntry, Outcome, PullRequest
from tests.sync.hub.fake_desk import HALL, OTHER_HALL, SECOND_WINDOW, FakeDesk, enrolled, ready_desk


def feed_of(hub: Hub, scope: str = HALL) -> tuple[FeedEntry, ...]:
    return pull(hub, scope, PullRequest(scope=scope, epoch="", after_seq=0)).entries


def alarms(hub: Hub) -> list[str]:
    with hub.read() as conn:
        return sorted(conn.execute(select(t.alarm.c.kind)).scalars())


@pytest.fixture
def desk(hub: Hub, version: str) -> FakeDesk:
    return ready_desk(hub, version)


def test_ops_are_applied_and_reach_the_feed_in_order(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    desk.save("c1", {"form.a": "2"}, old={"form.a": "1"}, rev=1)
    number = desk.number()
    desk.accept("c2", number=number)
    reply = push(hub, desk.device, desk.batch())
    assert [o.outcome for o in reply.outcomes] == [Outcome.APPLIED] * 3
    assert [o.rev for o in reply.outcomes] == [1, 2, 1]
    assert reply.next_dseq == 4
    entries = feed_of(hub)
    assert [(e.seq, e.case_id, e.rev) for e in entries] == [(1, "c1", 1), (2, "c1", 2), (3, "c2", 1)]
    assert [e.op for e in entries] == desk.waiting
    with hub.read() as conn:
        assert conn.execute(select(t.number_ledger.c.number, t.number_ledger.c.case_id)).all() == [
            (number, "c2")
        ]


def test_pushing_again_changes_nothing_and_tells_the_same(hub: Hub, desk: FakeDesk) -> None:
    for index in range(3):
        desk.save(f"c{index}", {"form.a": "1"})
    first = push(hub, desk.device, desk.batch())
    before = feed_of(hub)
    assert push(hub, desk.device, desk.batch()).outcomes == first.outcomes
    desk.save("c9", {"form.a": "1"})
    longer = push(hub, desk.device, desk.batch())
    assert longer.outcomes[:3] == first.outcomes
    assert longer.next_dseq == 5
    assert feed_of(hub)[:3] == before
    assert len(feed_of(hub)) == 4


def test_gap_is_told_and_nothing_stored(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    desk.save("c1", {"form.a": "2"}, old={"form.a": "1"}, rev=1)
    reply = push(hub, desk.device, desk.batch(desk.waiting[1:], first=2))
    assert reply.next_dseq == 1
    assert reply.outcomes == ()
    assert feed_of(hub) == ()


def test_tampered_op_is_refused_whole(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    desk.save("c2", {"form.a": "1"})
    request = desk.batch()
    forged = encode_op(msgspec.structs.replace(decode_op(request.ops[0]), staff="T9999"))
    with pytest.raises(Refused) as middle:
        push(hub, desk.device, msgspec.structs.replace(request, ops=(forged, request.ops[1])))
    assert middle.value.code == "bad_chain"
    last = encode_op(msgspec.structs.replace(decode_op(request.ops[1]), staff="T9999"))
    changed = msgspec.structs.replace(request, ops=(request.ops[0], last), head=op_hash(last))
    with pytest.raises(Refused) as head:
        push(hub, desk.device, changed)
    assert head.value.code == "bad_signature"
    assert feed_of(hub) == ()
    assert [o.outcome for o in push(hub, desk.device, request).outcomes] == [Outcome.APPLIED] * 2


def test_same_place_other_bytes_quarantines_and_freezes(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    push(hub, desk.device, desk.batch())
    twin = FakeDesk(hub, desk.device, desk.scope, desk.key, desk.version)
    twin.save("c1", {"form.a": "2"})
    twin.save("c2", {"form.a": "2"})
    reply = push(hub, desk.device, twin.batch())
    assert [o.outcome for o in reply.outcomes] == [Outcome.QUARANTINED] * 2
    assert reply.next_dseq == 2
    assert alarms(hub) == ["forked", "forked"]
    with hub.read() as conn:
        kept = set(conn.execute(select(t.alarm.c.data)).scalars())
        frozen = find_device(conn, desk.device)
    assert kept == set(twin.waiting)
    assert frozen is not None
    assert frozen.status == "frozen"
    assert len(feed_of(hub)) == 1
    with pytest.raises(Refused) as refused:
        push(hub, desk.device, desk.batch())
    assert refused.value.code == "device_frozen"


def test_fork_after_the_known_head_is_quarantined(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    push(hub, desk.device, desk.batch())
    twin = FakeDesk(hub, desk.device, desk.scope, desk.key, desk.version)
    twin.save("c1", {"form.a": "other"})
    twin.save("c2", {"form.a": "1"})
    reply = push(hub, desk.device, twin.batch(twin.waiting[1:], first=2))
    assert [o.outcome for o in reply.outcomes] == [Outcome.QUARANTINED]
    assert len(feed_of(hub)) == 1


def test_op_id_used_twice_is_quarantined(hub: Hub, desk: FakeDesk) -> None:
    desk.make(OpKind.SAVE, "c1", op_id="same")
    desk.make(OpKind.SAVE, "c2", op_id="same")
    reply = push(hub, desk.device, desk.batch())
    assert [o.outcome for o in reply.outcomes] == [Outcome.APPLIED, Outcome.QUARANTINED]
    assert alarms(hub) == ["forked"]


def test_foreign_scope_is_rejected_with_an_alarm(hub: Hub, desk: FakeDesk) -> None:
    desk.make(OpKind.SAVE, "c1", scope=OTHER_HALL)
    desk.save("c2", {"form.a": "1"})
    reply = push(hub, desk.device, desk.batch())
    assert [o.outcome for o in reply.outcomes] == [Outcome.REJECTED, Outcome.APPLIED]
    assert alarms(hub) == ["foreign_scope"]
    assert feed_of(hub, OTHER_HALL) == ()


@pytest.mark.parametrize(("status", "code"), [("pending", "device_pending"), ("revoked", "device_revoked")])
def test_only_an_approved_device_may_push(hub: Hub, version: str, status: str, code: str) -> None:
    reply, key = enrolled(hub)
    desk = FakeDesk(hub, reply.device, HALL, key, version)
    desk.save("c1", {"form.a": "1"})
    if status == "revoked":
        people.approve(hub, desk.device)
        people.revoke(hub, desk.device)
    with pytest.raises(Refused) as refused:
        push(hub, desk.device, desk.batch())
    assert refused.value.code == code
    assert feed_of(hub) == ()


def test_a_revoked_device_loses_nothing_it_sent_before(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    push(hub, desk.device, desk.batch())
    people.revoke(hub, desk.device)
    desk.sent()
    desk.save("c2", {"form.a": "1"})
    with pytest.raises(Refused):
        push(hub, desk.device, desk.batch())
    assert [e.case_id for e in feed_of(hub)] == ["c1"]


def test_another_devices_batch_is_refused(hub: Hub, version: str, desk: FakeDesk) -> None:
    other = ready_desk(hub, version, window=SECOND_WINDOW)
    desk.save("c1", {"form.a": "1"})
    with pytest.raises(Refused) as refused:
        push(hub, other.device, desk.batch())
    assert refused.value.code == "other_device"


def test_unreadable_and_later_ops_are_kept_and_block_nothing_else(hub: Hub, desk: FakeDesk) -> None:
    desk.keep(b"\xc1 no op at all")
    desk.dseq += 1
    desk.make("teleport", "c1")
    desk.save("c2", {"form.a": "1"})
    reply = push(hub, desk.device, desk.batch())
    assert [o.outcome for o in reply.outcomes] == [Outcome.HELD, Outcome.HELD, Outcome.APPLIED]
    assert all(o.reason for o in reply.outcomes[:2])
    with hub.read() as conn:
        assert list(conn.execute(select(t.op_log.c.data).order_by(t.op_log.c.dseq)).scalars()) == desk.waiting


def test_one_op_that_breaks_the_program_is_held_and_the_rest_goes_on(
    hub: Hub, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbling(state: CaseState | None, op: Op, rules: Rules) -> Merge:
        if op.case_id == "bad":
            raise ZeroDivisionError  # stands in for a fault of the program
        return reconcile(state, op, rules)

    monkeypatch.setattr("sync.hub.judge.reconcile", stumbling)
    for case_id in ("c1", "bad", "c2"):
        desk.save(case_id, {"form.a": "1"})
    reply = push(hub, desk.device, desk.batch())
    assert [o.outcome for o in reply.outcomes] == [Outcome.APPLIED, Outcome.HELD, Outcome.APPLIED]
    monkeypatch.undo()
    assert release_held(hub) == 0
    assert [e.case_id for e in feed_of(hub)] == ["c1", "c2", "bad"]


@pytest.mark.parametrize("name", ["op_id", "case_id", "kind", "item_id", "catalog_version", "path", "number"])
def test_a_nul_in_an_op_stops_neither_database(hub: Hub, desk: FakeDesk, name: str) -> None:
    """PostgreSQL stores no NUL in text; such an op is held or sent back, the next one goes on."""
    desk.save("c1", {"form.a": "1"})
    op = desk.make(
        OpKind.SAVE,
        "c1" if name == "path" else "c3",
        {"form.\0": Change("x", "y")} if name == "path" else {},
        base_rev=int(name == "path"),
        act=Act(number="1\0") if name == "number" else None,
    )
    desk.waiting.pop()
    desk.head = op.prev_hash
    if name not in ("path", "number"):
        op = msgspec.structs.replace(op, **{name: "a\0b"})
    desk.keep(encode_op(op))
    desk.save("c2", {"form.a": "1"})
    reply = push(hub, desk.device, desk.batch())
    assert [o.outcome for o in reply.outcomes][::2] == [Outcome.APPLIED] * 2
    assert reply.outcomes[1].outcome in (Outcome.HELD, Outcome.REJECTED, Outcome.CONFLICT)
    assert push(hub, desk.device, desk.batch()).outcomes == reply.outcomes
