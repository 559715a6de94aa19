"""The last lines of a machine's audit chain cut off: the chain itself still fits, the hub had heard of them.

Somebody with the replica's key in his hands does it; the desk's check and the hub's next session tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, select, text

from app.commands.act import Entry, perform
from app.commands.context import Desk
from app.commands.verify import verify_replica
from models.crypto import sign
from models.device import get_meta, set_meta
from models.domain.ops import OpKind
from models.ops import audit, last_audit
from models.tables import replica as t
from sync.audit_head import SignedHead, head_payload, keep_point, read_point, told_head
from sync.bundle import bundle_key
from sync.courier import Courier
from sync.hub import tables as h
from sync.hub.audit_heads import hear
from sync.hub.backup import start_epoch
from sync.hub.bundle import take_in
from sync.hub.devices import escrow_key, find_device
from tests.sync.hall_kit import Hall, open_hall
from tests.sync.hub.fake_desk import HALL


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


@pytest.fixture
def desk(hall: Hall) -> Desk:
    """Five lines that the hub has heard of."""
    made = hall.desk()
    lines(made, 5)
    meet(hall, made)
    return made


def lines(desk: Desk, count: int) -> None:
    with desk.store.write() as conn:
        for n in range(count):
            audit(conn, at_ms=desk.clock.now().wall_ms, staff="T0718", act="sign_in", detail=f"{n}")


def cut(desk: Desk, count: int) -> None:
    with desk.store.write() as conn:
        for (name,) in conn.execute(text("SELECT name FROM sqlite_master WHERE type='trigger'")).all():
            if "audit" in name:
                conn.execute(text(f"DROP TRIGGER {name}"))
        conn.execute(delete(t.audit).where(t.audit.c.aseq > last_audit(conn)[0] - count))


def meet(hall: Hall, desk: Desk) -> None:
    hall.clock.ms += 1000
    assert not hall.sync(desk).problems


def alarms(hall: Hall) -> list[str]:
    with hall.hub.read() as conn:
        return list(conn.execute(select(h.alarm.c.message).where(h.alarm.c.kind == "audit_cut")).scalars())


def told(desk: Desk, heard_ms: int) -> bytes:
    with desk.store.read() as conn:
        return told_head(conn, desk.device.device, desk.device_key, heard_ms)


def hub_hears(hall: Hall, desk: Desk, word: bytes) -> bytes:
    with hall.hub.read() as conn:
        key = conn.execute(select(h.device.c.public_key)).scalars().first()
    assert key is not None
    return hear(hall.hub, desk.device.device, HALL, key, word)


def test_a_whole_chain_is_quiet(hall: Hall, desk: Desk) -> None:
    lines(desk, 3)
    meet(hall, desk)
    meet(hall, desk)
    assert verify_replica(desk) == []
    assert alarms(hall) == []


def test_lines_cut_off_are_told_by_the_desk_itself_and_at_the_hub(hall: Hall, desk: Desk) -> None:
    cut(desk, 2)
    (sentence,) = verify_replica(desk)
    assert "第 5 条中心听到过" in sentence
    meet(hall, desk)
    (alarm,) = alarms(hall)
    assert "少了最后 2 条" in alarm
    lines(desk, 9)
    meet(hall, desk)
    meet(hall, desk)
    assert len(alarms(hall)) == 1
    assert "第 5 条中心听到过" in verify_replica(desk)[0]  # for good


def test_others_in_their_place_are_told_too(hall: Hall, desk: Desk) -> None:
    cut(desk, 2)
    with desk.store.write() as conn:
        for _ in range(4):
            audit(conn, at_ms=1, staff="T0001", act="sign_in", detail="another")
    meet(hall, desk)
    (alarm,) = alarms(hall)
    assert "第 5 条与中心听到过的不一样" in alarm


def test_forgetting_the_hubs_word_does_not_help(hall: Hall, desk: Desk) -> None:
    cut(desk, 2)
    with desk.store.write() as conn:
        conn.execute(delete(t.meta).where(t.meta.c.key == "audit_point"))
    meet(hall, desk)
    assert len(alarms(hall)) == 1
    assert "第 5 条中心听到过" in verify_replica(desk)[0]


@pytest.mark.parametrize("more", [1, 2, 4])
def test_other_lines_without_the_hubs_word_are_told(hall: Hall, desk: Desk, more: int) -> None:
    cut(desk, 2)
    lines(desk, more)
    with desk.store.write() as conn:
        conn.execute(delete(t.meta).where(t.meta.c.key == "audit_point"))
    meet(hall, desk)
    lines(desk, 1)
    meet(hall, desk)
    assert len(alarms(hall)) == 1


def test_a_late_or_doubled_word_is_no_alarm(hall: Hall, desk: Desk) -> None:
    assert told(desk, hall.clock.ms) == b""  # nothing new is said twice
    lines(desk, 1)
    early = told(desk, hall.clock.ms)
    lines(desk, 2)
    meet(hall, desk)
    point = read_point(hub_hears(hall, desk, early))
    assert point is not None
    assert point.aseq == 8
    assert alarms(hall) == []


def test_a_word_that_the_machine_did_not_sign_is_passed_over(hall: Hall, desk: Desk) -> None:
    lines(desk, 1)
    head = msgspec.msgpack.decode(told(desk, 2**52), type=SignedHead).head
    forged = SignedHead(head=head, signature=sign(b"x" * 32, head_payload(head)))
    assert hub_hears(hall, desk, msgspec.msgpack.encode(forged)) == b""
    assert hub_hears(hall, desk, b"\xc1") == b""


def test_a_point_that_the_hub_did_not_sign_is_not_kept(hall: Hall, desk: Desk) -> None:
    with desk.store.read() as conn:
        before = get_meta(conn, "audit_point")
    point = read_point(before or b"")
    assert point is not None
    forged = msgspec.structs.replace(point, aseq=3)
    keep_point(desk.store, desk.device, msgspec.msgpack.encode(forged))
    with desk.store.read() as conn:
        assert get_meta(conn, "audit_point") == before
        assert get_meta(conn, "audit_lost") is None


def test_a_restored_hub_takes_its_own_word(hall: Hall, desk: Desk) -> None:
    with hall.hub.write() as conn:
        conn.execute(delete(h.audit_head))
        start_epoch(conn, hall.hub.now_ms())
    cut(desk, 2)
    meet(hall, desk)
    assert len(alarms(hall)) == 1


def test_a_stick_carries_the_word_there_and_back(hall: Hall, desk: Desk) -> None:
    with hall.hub.read() as conn:
        known = find_device(conn, desk.device.device)
        assert known is not None
        key = bundle_key(escrow_key(hall.hub, conn, known), known.device)
    courier = Courier(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock, key, desk.vault)
    lines(desk, 2)
    back = take_in(hall.hub, courier.export()[0])[1]
    hall.clock.ms += 1000
    courier.take_in(back)
    with desk.store.read() as conn:
        point = read_point(get_meta(conn, "audit_point") or b"")
    assert point is not None
    assert point.aseq == 7
    assert alarms(hall) == []
    meet(hall, desk)
    cut(desk, 3)
    take_in(hall.hub, courier.export()[0])
    assert len(alarms(hall)) == 1


def test_acts_without_their_line_are_named(hall: Hall, desk: Desk) -> None:
    """Offline, before any hub has heard of them."""
    perform(desk, OpKind.SAVE, Entry(case_id=desk.make_id(), item_id="SAMPLE-1", fields={"form.a": "甲"}))
    cut(desk, 1)
    assert verify_replica(desk) == ["第 1 个动作没有审计记录"]


def test_an_older_hub_says_nothing_of_it(hall: Hall, desk: Desk) -> None:
    with desk.store.write() as conn:
        set_meta(conn, "audit_point", b"")
    keep_point(desk.store, desk.device, b"")
    assert verify_replica(desk) == []
