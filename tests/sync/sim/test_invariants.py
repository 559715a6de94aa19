"""Each invariant of the simulator can fail: a healed world is spoilt in one place, and just that is told."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import Connection, delete, func, insert, select, update

from app.simulate import ready
from models.domain.apply import DATING
from models.domain.case import decode_state, encode_state
from models.domain.ops import decode_op
from models.tables import replica as r
from sync.hub import tables as t
from sync.sim.chance import simulated
from sync.sim.events import HANDLERS, schedule
from sync.sim.invariants import INVARIANTS, check
from sync.sim.runner import run_events
from sync.sim.upkeep import finish_recoveries
from sync.sim.world import SimDesk, World

pytestmark = pytest.mark.slow

SEED, DESKS, STEPS = 17, 3, 260  # a world with open disagreements, files, numbers and dated acts
DAY_MS = 86_400_000


class Healed:
    """A world after a seed, whose disks can be put back after each spoiling."""

    def __init__(self) -> None:
        scenery, clerk = ready(DESKS)
        self._signing = scenery.signing
        with simulated(random.Random(SEED), self._signing):
            self.world = World(scenery, clerk, HANDLERS, quick=True)
            self.world.run(schedule(SEED, DESKS, STEPS))
            self.world.mend()
            finish_recoveries(self.world)
            assert self.world.heal() > 0
            assert check(self.world) == []
        self._hub = self.world.hub_disk.image()
        self._blobs = dict(self.world.blobs.objects)
        self._images = [one.image() for one in self.world.desks]
        self._vaults = [
            {name: one.vault.read(name) for name in one.vault.names()} for one in self.world.desks
        ]

    @contextmanager
    def spoilt(self, spoil: Callable[[World], None]) -> Iterator[set[str]]:
        """The names of what no longer holds once ``spoil`` was done; all is put back afterwards."""
        world = self.world
        with simulated(random.Random(SEED), self._signing):
            try:
                spoil(world)
                yield {one.invariant for one in check(world)}
            finally:
                world.hub_disk.put_back(self._hub)
                world.start_hub()
                world.blobs.objects = dict(self._blobs)
                for desk, image, files in zip(world.desks, self._images, self._vaults, strict=True):
                    desk.disk.put_back(image.disk)
                    desk.done, desk.data_key = list(image.done), image.data_key
                    desk.revoked, desk.revoked_ms = False, 0
                    for name, data in files.items():
                        desk.vault.put(name, data)
                    desk.start()


@pytest.fixture(scope="module")
def healed() -> Iterator[Healed]:
    made = Healed()
    yield made
    made.world.close()


def _hub(world: World) -> Connection:
    """The hub's database, in the hands of somebody whom no trigger stops."""
    return _open(world.hub_disk.conn)


def _desk(world: World, place: int = 0) -> Connection:
    return _open(world.desks[place].disk.conn)


def _open(conn: Connection) -> Connection:
    for name in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
        conn.exec_driver_sql(f"DROP TRIGGER {name}")
    conn.exec_driver_sql("PRAGMA foreign_keys = OFF")
    return conn


def _lost_op(world: World) -> None:
    device = world.desks[0].facts.device
    last = select(func.max(t.op_log.c.dseq)).where(t.op_log.c.device == device).scalar_subquery()
    _hub(world).execute(delete(t.op_log).where(t.op_log.c.device == device, t.op_log.c.dseq == last))


def _doubled_op(world: World) -> None:
    conn = _hub(world)
    row = conn.execute(select(t.op_log).limit(1)).one()
    conn.execute(
        insert(t.op_log).values({**row._mapping, "device": "another", "dseq": 1, "scope": "elsewhere"})
    )


def _other_outcome(world: World) -> None:
    conn = _desk(world)
    conn.execute(update(r.op_status).where(r.op_status.c.state == "applied").values(state="rejected"))


def _told_and_lost(world: World) -> None:
    desk = world.desks[0]
    desk.done.append(replace(desk.done[-1], op_id="no such op", number=""))


def _printed_twice(world: World) -> None:
    desk = next(one for one in world.desks if any(done.number for done in one.done))
    done = next(done for done in desk.done if done.number)
    desk.done.append(replace(done, case_id="another case"))


def _number_of_another_case(world: World) -> None:
    _hub(world).execute(update(t.number_ledger).values(case_id="another case"))


def _still_provisional(world: World) -> None:
    conn = _hub(world)
    desk = world.desks[0]
    head = conn.execute(
        select(t.case_head).where(t.case_head.c.scope == desk.facts.scope, t.case_head.c.number != "")
    ).first()
    assert head is not None
    state = decode_state(head.state)
    waiting = msgspec.structs.replace(state, number="", receipt=f"L-{desk.facts.device}-1")
    this = t.case_head.c.case_id == head.case_id
    conn.execute(update(t.case_head).where(this).values(number="", state=encode_state(waiting)))


def _serial_given_back(world: World) -> None:
    """A desk that forgets to go on in its block would print a serial again."""
    for place in range(len(world.desks)):
        _desk(world, place).execute(update(r.number_block).values(next=r.number_block.c.first))


def _series_begun_anew(world: World) -> None:
    _hub(world).execute(update(t.number_series).values(next=1))


def _granted_to_two(world: World) -> None:
    conn = _hub(world)
    row = conn.execute(select(t.number_block).order_by(t.number_block.c.first)).first()
    assert row is not None
    twice = {**row._mapping, "block_id": "another", "first": row.last, "last": row.last, "request_id": "x"}
    conn.execute(insert(t.number_block).values(twice))


def _never_granted(world: World) -> None:
    _hub(world).execute(delete(t.number_block))


def _gap_in_the_chain(world: World) -> None:
    device = world.desks[0].facts.device
    _hub(world).execute(delete(t.op_log).where(t.op_log.c.device == device, t.op_log.c.dseq == 2))


def _gap_in_the_feed(world: World) -> None:
    _hub(world).execute(delete(t.feed).where(t.feed.c.seq == 2))


def _stale_replica(world: World) -> None:
    conn = _desk(world)
    conn.execute(update(r.case_confirmed).values(rev=r.case_confirmed.c.rev + 1))


def _shown_otherwise(world: World) -> None:
    conn = _desk(world)
    row = conn.execute(select(r.case_view).limit(1)).one()
    state = decode_state(row.state)
    other = msgspec.structs.replace(state, fields={**state.fields, "form.x": "另一个"})
    this = r.case_view.c.case_id == row.case_id
    conn.execute(update(r.case_view).where(this).values(state=encode_state(other)))


def _hidden_disagreement(world: World) -> None:
    for place in range(len(world.desks)):
        _desk(world, place).execute(update(r.conflict).values(resolved=1))


def _overwritten(world: World) -> None:
    """A step changes a field that its op does not name."""
    conn = _hub(world)
    row = conn.execute(select(t.feed).where(t.feed.c.state != b"").order_by(t.feed.c.seq.desc())).first()
    assert row is not None
    state = decode_state(row.state)
    other = msgspec.structs.replace(state, fields={**state.fields, "applicant.unseen": "另一个"})
    this = (t.feed.c.scope == row.scope) & (t.feed.c.seq == row.seq)
    conn.execute(update(t.feed).where(this).values(state=encode_state(other)))


def _other_version(world: World) -> None:
    conn = _hub(world)
    rows = conn.execute(select(t.feed).where(t.feed.c.state != b"").order_by(t.feed.c.seq.desc())).all()
    row = next(one for one in rows if one.rev > 1)
    other = msgspec.structs.replace(decode_state(row.state), catalog_version="1999.01.01-r0001")
    this = (t.feed.c.scope == row.scope) & (t.feed.c.seq == row.seq)
    conn.execute(update(t.feed).where(this).values(state=encode_state(other)))


def _revoked_before(world: World) -> None:
    world.desks[0].revoked, world.desks[0].revoked_ms = True, 1


def _other_escrow(world: World) -> None:
    world.desks[0].data_key = bytes(32)


def _audit_line_changed(world: World) -> None:
    conn = _desk(world)
    conn.execute(update(r.audit).where(r.audit.c.aseq == 1).values(act="another"))


def _hub_audit_line_gone(world: World) -> None:
    conn = _hub(world)
    first = conn.execute(select(func.min(t.audit.c.aseq))).scalar_one()
    conn.execute(delete(t.audit).where(t.audit.c.aseq == first + 1))


def _received_before_it_was_made(world: World) -> None:
    _hub(world).execute(update(t.op_log).where(t.op_log.c.kind.in_(DATING)).values(received_ms=1))


def _day_of_a_wrong_clock(world: World) -> None:
    with world.hub.read() as conn:
        rows = conn.execute(select(t.op_log).where(t.op_log.c.kind.in_(DATING))).all()
    attested = {row.op_id for row in rows if decode_op(row.data).time.attested_ms}
    for desk in world.desks:
        desk.done = [
            replace(done, true_ms=done.true_ms - DAY_MS) if done.op_id in attested else done
            for done in desk.done
        ]


def _file_spoilt_at_the_hub(world: World) -> None:
    world.blobs.put(world.blobs.names()[0], b"spoilt")


def _file_never_sent(world: World) -> None:
    _hub(world).execute(update(t.file).values(state="awaited", sent=0))


def _file_of_nobody(world: World) -> None:
    world.blobs.put("370911/" + "0" * 64, b"nobody's")


def _file_lost_at_the_desk(world: World) -> None:
    for desk in world.desks:
        for name in desk.vault.names():
            desk.vault.remove(name)


def _file_given_up(world: World) -> None:
    for place in range(len(world.desks)):
        _desk(world, place).execute(update(r.file).values(upload="stuck"))


SPOILT: Mapping[str, tuple[Callable[[World], None], ...]] = {
    "每步恰好一次": (_lost_op, _doubled_op, _other_outcome),
    "说成的都在": (_told_and_lost,),
    "编号唯一": (_printed_twice, _number_of_another_case),
    "临时号有换": (_still_provisional,),
    "台账相符": (_serial_given_back, _series_begun_anew, _granted_to_two, _never_granted),
    "链无缺口": (_gap_in_the_chain, _gap_in_the_feed),
    "副本一致": (_stale_replica, _shown_otherwise),
    "分歧可见": (_hidden_disagreement,),
    "不被暗改": (_overwritten, _other_version),
    "撤销即止": (_revoked_before,),
    "托管可开": (_other_escrow,),
    "留痕可核": (_audit_line_changed, _hub_audit_line_gone),
    "日期不错": (_received_before_it_was_made, _day_of_a_wrong_clock),
    "附件齐全": (
        _file_spoilt_at_the_hub,
        _file_never_sent,
        _file_of_nobody,
        _file_lost_at_the_desk,
        _file_given_up,
    ),
}
CASES = [
    pytest.param(name, spoil, id=spoil.__name__.strip("_")) for name, all_ in SPOILT.items() for spoil in all_
]


def test_no_invariant_is_left_out() -> None:
    assert set(SPOILT) == set(INVARIANTS)


@pytest.mark.parametrize(("name", "spoil"), CASES)
def test_it_is_told(healed: Healed, name: str, spoil: Callable[[World], None]) -> None:
    with healed.spoilt(spoil) as told:
        assert name in told
    with healed.spoilt(lambda world: None) as told:
        assert told == set()  # the test itself leaves nothing behind


def test_queues_that_never_empty_are_told(healed: Healed) -> None:
    def cut(world: World) -> None:
        conn = world.desks[0].disk.conn
        conn.execute(update(r.op_status).values(state="pending"))
        world.desks[0].line.up = False
        assert world.heal(3) == 0

    with healed.spoilt(cut):
        healed.world.desks[0].line.heal()


def test_an_error_of_the_program_is_told_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: World, desk: SimDesk, rng: random.Random) -> None:
        raise ValueError("planted")

    monkeypatch.setattr(World, "sync", broken)
    scenery, clerk = ready(2)
    found = run_events(1, [e for e in schedule(1, 2, 60) if e.kind == "sync"][:1], scenery, clerk)
    assert [one.invariant for one in found.violations] == ["程序出错"]
    assert "ValueError test_invariants.py" in found.violations[0].detail
