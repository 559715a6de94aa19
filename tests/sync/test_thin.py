"""What is left out on the wire is put back byte by byte, or the page is asked for whole."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.enrol import enrol
from app.commands.sign_in import sign_in
from app.commands.verify import verify_replica
from app.config import Profile
from app.sample import filled
from models.domain.ops import op_hash
from models.rulebook import Rulebook
from models.tables import replica as t
from sync import protocol as p
from sync.apply import apply_page
from sync.client import HubClient
from sync.engine import SyncEngine
from sync.hub.people import approve, invite
from sync.hub.server import EmbeddedHub
from sync.thin import (
    DERIVED,
    NAMED,
    OWN,
    Unrestorable,
    brief,
    cut_push,
    in_full,
    mend_link,
    mend_push,
    thin_page,
    whole_page,
)
from tests.desk_kit import item
from tests.ready_hub import city_hub

PASSWORD = "口令-sample"
ITEMS = ("SC001", "SB012")


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Desk]]:
    """Two desks of one served hub; the first has pushed some cases, the second has none of them."""
    folder = tmp_path_factory.mktemp("thin")
    hub = city_hub(folder / "hub", PASSWORD)
    desks = []
    with EmbeddedHub(hub) as server:
        for window, staff in (("370911-07", "T0718"), ("370911-08", "T0719")):
            profile = Profile(folder / staff)
            reply = enrol(profile, server.url, invite(hub, "370911", window), staff, PASSWORD)
            approve(hub, reply.device)
            desks.append(sign_in(profile, staff, PASSWORD))
            assert engine(desks[-1]).run().problems == []
        for n in range(6):
            intake_line(desks[0], filled(item(ITEMS[n % 2]), random.Random(n)))
        assert engine(desks[0]).run().pushed == 6
        yield desks[0], desks[1]
    for desk in desks:
        desk.store.close()
    hub.close()


def engine(desk: Desk) -> SyncEngine:
    return SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock)


def page(desk: Desk, *, lean: bool) -> p.PullReply:
    with HubClient(desk.device.hub_url) as client:
        session = client.open_session(desk.device.device, desk.device_key, 10**9, desk.device.hub_key)
        return client.pull(p.PullRequest(scope=session.scope, epoch=session.epoch, after_seq=0, lean=lean))


def ops_of(desk: Desk) -> tuple[bytes, ...]:
    with desk.store.read() as conn:
        return tuple(conn.execute(select(t.op.c.data).order_by(t.op.c.dseq)).scalars())


def request_of(ops: tuple[bytes, ...]) -> p.PushRequest:
    return p.PushRequest(device="D", first_dseq=1, ops=ops, head=op_hash(ops[-1]), signature=b"s")


def test_a_batch_is_put_back_byte_by_byte(hall: tuple[Desk, Desk]) -> None:
    ops = ops_of(hall[0])
    cut = cut_push(request_of(ops))
    assert [len(a) - len(b) for a, b in zip(ops, cut.ops, strict=True)] == [0] + [32] * (len(ops) - 1)
    assert mend_push(cut) == request_of(ops)


def test_a_batch_that_was_not_cut_stays_as_it_is(hall: tuple[Desk, Desk]) -> None:
    request = request_of(ops_of(hall[0]))
    assert mend_push(request) is request


@given(st.binary(max_size=80), st.integers(-100, 200))
def test_no_cut_makes_the_hub_stumble(data: bytes, at: int) -> None:
    request = msgspec.structs.replace(request_of((b"first", data)), cuts=(-1, at))
    assert len(mend_push(request).ops) == 2
    assert mend_link(data, -1, b"x" * 32) == data


def test_plain_successes_are_told_as_runs_and_read_as_outcomes(hall: tuple[Desk, Desk]) -> None:
    request = request_of(ops_of(hall[0]))
    ids = [msgspec.msgpack.decode(data)["op_id"] for data in request.ops]
    outcomes = [
        p.OpOutcome(dseq=n, op_id=op_id, outcome=p.Outcome.APPLIED) for n, op_id in enumerate(ids, start=1)
    ]
    outcomes[2] = msgspec.structs.replace(outcomes[2], outcome=p.Outcome.CONFLICT, reason="两边都改过")
    outcomes[4] = msgspec.structs.replace(outcomes[4], reason="请核对是否重复")
    reply = p.PushReply(epoch="e", hub_time_ms=1, next_dseq=7, outcomes=tuple(outcomes))
    short = brief(reply)
    assert short.applied == ((1, 2), (4, 4), (6, 6))
    assert [outcome.dseq for outcome in short.outcomes] == [3, 5]
    assert in_full(short, request) == reply


def test_a_lean_page_becomes_the_full_one(hall: tuple[Desk, Desk]) -> None:
    for desk, thin in zip(hall, (OWN | DERIVED, DERIVED | NAMED), strict=True):
        lean, full = page(desk, lean=True), page(desk, lean=False)
        assert {entry.thin for entry in lean.entries} == {thin}
        assert not any(entry.state for entry in lean.entries)
        with desk.store.write() as conn:  # so that every state has to be derived again
            conn.execute(delete(t.case_confirmed))
        with desk.store.read() as conn:
            assert tuple(whole_page(conn, desk.rulebook, lean.entries, 0)) == full.entries
            assert tuple(whole_page(conn, desk.rulebook, lean.entries, 4)) == full.entries[4:]


def test_what_does_not_follow_from_the_op_is_sent(hall: tuple[Desk, Desk]) -> None:
    entry = page(hall[1], lean=False).entries[0]
    merged = msgspec.structs.replace(entry, outcome=p.Outcome.MERGED)
    (sent,) = thin_page([merged], "another")
    assert (sent.state, sent.op, sent.thin) == (entry.state, entry.op, NAMED)


def test_an_own_op_that_is_gone_cannot_be_put_back(hall: tuple[Desk, Desk]) -> None:
    _, two = hall
    entry = msgspec.structs.replace(
        page(two, lean=True).entries[0], op_id="gone", case_id="gone", op=b"", thin=OWN | DERIVED
    )
    with two.store.read() as conn, pytest.raises(Unrestorable):
        whole_page(conn, two.rulebook, [entry], 0)


def test_a_desk_without_the_rules_reads_the_page_whole(hall: tuple[Desk, Desk]) -> None:
    _, two = hall
    lean = page(two, lean=True)
    with two.store.write() as conn:
        held = conn.execute(select(t.catalog)).one()
        conn.execute(delete(t.catalog))
    blind = SyncEngine(two.store, two.device, two.device_key, Rulebook(), two.clock)
    with two.store.write() as conn, pytest.raises(Unrestorable):
        apply_page(conn, Rulebook(), two.device.device, lean)
    # The version is still named as the current one, so this round does not fetch it.
    report = blind.run()
    assert (report.pulled, report.problems) == (6, [])
    with two.store.write() as conn:
        conn.execute(t.catalog.insert().values(**held._mapping))
    assert verify_replica(two) == []
