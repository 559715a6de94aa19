"""What must hold after every loop: desks and hub compared op by op, number by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from app.commands.context import Desk
from app.commands.verify import verify_replica
from models.tables import replica as t
from sync.apply import local_checksum
from sync.checksum import scope_checksum
from sync.hub import tables as h
from sync.hub.check import check
from sync.hub.database import Hub


@dataclass(frozen=True)
class Reported:
    """An act whose commit had returned when the desk told of it."""

    dseq: int
    op_id: str
    number: str


@dataclass
class Tally:
    """Counts to be printed; ``faults`` are sentences, and any of them is a violation.

    ``verified``: how often a replica was read through as ``desk verify`` does; ``sound``: found clean.
    """

    ops: int = 0
    numbers: int = 0
    lost: int = 0
    doubled: int = 0
    verified: int = 0
    sound: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.faults)

    def verify(self, desk: Desk, reported: Collection[Reported], where: str) -> None:
        """``desk verify`` of a replica, and what it had told of before something was killed."""
        problems = verify_replica(desk)
        self.verified += 1
        self.sound += not problems
        self.add([*problems, *told_faults(desk, reported)], where)

    def add(self, faults: Iterable[str], where: str) -> None:
        self.faults += [f"{where}: {fault}" for fault in faults]


def desk_faults(desk: Desk, reported: Collection[Reported]) -> list[str]:
    """A replica against itself and against what it had told of before it was killed."""
    return [*verify_replica(desk), *told_faults(desk, reported)]


def told_faults(desk: Desk, reported: Collection[Reported]) -> list[str]:
    """A replica against what its desk had told of."""
    faults: list[str] = []
    with desk.store.read() as conn:
        ops = {r.dseq: r.op_id for r in conn.execute(select(t.op.c.dseq, t.op.c.op_id))}
        uses = {r.op_id: r.number for r in conn.execute(select(t.number_use))}
        blocks = conn.execute(select(t.number_block)).all()
        used = Counter(row.block_id for row in conn.execute(select(t.number_use.c.block_id)))
    for act in reported:
        if ops.get(act.dseq) != act.op_id:
            faults.append(f"act {act.dseq} was told and is not there")
        if act.number and uses.get(act.op_id) != act.number:
            faults.append(f"number {act.number} was told and is not there")
    if sorted(ops) != list(range(1, len(ops) + 1)):
        faults.append("dseq has gaps")
    told = Counter(act.number for act in reported if act.number)
    faults += [f"number {number} told {count} times" for number, count in told.items() if count > 1]
    for block in blocks:
        if block.next - block.first != used[block.block_id]:
            faults.append(f"block {block.block_id}: {used[block.block_id]} uses, next says otherwise")
    return faults


def hub_faults(hub: Hub) -> list[str]:
    """A hub against itself: sequences, chains of the devices, heads, numbers, checksums, audit."""
    faults: list[str] = []
    with hub.read() as conn:
        for scope in conn.execute(select(h.scope_seq)).all():
            feed = conn.execute(
                select(h.feed.c.seq, h.feed.c.op_id)
                .where(h.feed.c.scope == scope.scope)
                .order_by(h.feed.c.seq)
            ).all()
            if [row.seq for row in feed] != list(range(1, scope.seq + 1)):
                faults.append(f"scope {scope.scope}: its feed has gaps")
            heads = conn.execute(select(h.case_head).where(h.case_head.c.scope == scope.scope)).all()
            if scope_checksum([(r.case_id, r.rev, r.state) for r in heads]) != scope.checksum:
                faults.append(f"scope {scope.scope}: the checksum is not that of its cases")
            logged = conn.execute(
                select(h.op_log.c.op_id, h.op_log.c.outcome).where(h.op_log.c.scope == scope.scope)
            ).all()
            times = Counter(row.op_id for row in feed)
            faults += [f"op {one} is {n} times in the feed" for one, n in times.items() if n > 1]
            missing = {r.op_id for r in logged if r.outcome in ("applied", "merged")} - times.keys()
            faults += [f"op {one} was applied and is not in the feed" for one in sorted(missing)]
        for device in conn.execute(select(h.device)).all():
            chain = list(
                conn.execute(
                    select(h.op_log.c.dseq)
                    .where(h.op_log.c.device == device.device)
                    .order_by(h.op_log.c.dseq)
                ).scalars()
            )
            if chain != list(range(1, device.head_dseq + 1)):
                faults.append(f"device {device.device}: its log has gaps or another head")
        numbers = conn.execute(
            select(h.case_head.c.number, func.count())
            .where(h.case_head.c.number != "")
            .group_by(h.case_head.c.number)
            .having(func.count() > 1)
        ).all()
        faults += [f"number {number} on {count} cases" for number, count in numbers]
    told = check(hub)
    if told.audit_broken is not None:
        faults.append(f"audit row {told.audit_broken} does not fit")
    faults += [f"alarm {alarm.kind}" for alarm in told.alarms if alarm.kind != "double"]
    return faults


def compare(tally: Tally, desk: Desk, hub: Hub) -> None:
    """One desk, settled, beside the hub: every op there once, with its number, and the same cases."""
    name = desk.device.device
    with desk.store.read() as conn:
        mine = {r.op_id: (r.dseq, r.hash) for r in conn.execute(select(t.op))}
        numbers = {r.number: r.case_id for r in conn.execute(select(t.number_use))}
        checksum = local_checksum(conn, desk.device.scope)
    with hub.read() as conn:
        theirs = conn.execute(select(h.op_log).where(h.op_log.c.device == name)).all()
        ledger = {r.number: r.case_id for r in conn.execute(select(h.number_ledger))}
        scope = conn.execute(select(h.scope_seq).where(h.scope_seq.c.scope == desk.device.scope)).first()
    there = Counter(row.op_id for row in theirs)
    tally.ops += len(mine)
    tally.numbers += len(numbers)
    tally.lost += len(mine.keys() - there.keys())
    tally.doubled += sum(count - 1 for count in there.values()) + len(there.keys() - mine.keys())
    differing = [r.op_id for r in theirs if r.op_id in mine and mine[r.op_id] != (r.dseq, r.hash)]
    tally.add([f"op {one} differs" for one in differing], name)
    tally.add([f"op {r.op_id} ended {r.outcome}" for r in theirs if r.outcome != "applied"], name)
    wrong = [number for number, case_id in numbers.items() if ledger.get(number) != case_id]
    tally.add([f"number {number} is another case's at the hub" for number in wrong], name)
    if scope is None or checksum != scope.checksum:
        tally.add(["its cases are not the hub's"], name)
