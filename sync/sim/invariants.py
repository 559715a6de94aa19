"""What must hold once everything works again (DESIGN §9), each as a function over the world's disks."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from models.domain.apply import DATING
from models.domain.case import CaseState, decode_state
from models.domain.ops import Op, decode_op, op_hash
from models.tables import replica as r
from sync.apply import local_checksum
from sync.checksum import scope_checksum
from sync.hub import tables as t
from sync.hub.audit import first_broken
from sync.hub.devices import escrow_key, find_device
from sync.sim.number_invariants import (
    SLACK_MS,
    honest,
    ledger_closes,
    nobody_waits_for_a_number,
    numbers_are_unique,
)
from sync.sim.world import SimDesk, World

CUT = "中心听到过"  # desk verify, of an audit chain that lacks its last lines
CHINA = dt.timezone(dt.timedelta(hours=8))


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """``invariant`` is its short name, ``detail`` says where."""

    invariant: str
    detail: str


def check(world: World) -> list[Violation]:
    """All that does not hold, in the order of the list below.  Call after :meth:`World.heal`."""
    return [
        Violation(invariant=name, detail=detail)
        for name, find in INVARIANTS.items()
        for detail in find(world)
    ]


def each_op_once(world: World) -> Iterator[str]:
    """Every committed op of an honest desk is at the hub, as it was made, decided, exactly once."""
    with world.hub.read() as conn:
        stored: defaultdict[str, dict[int, Row[Any]]] = defaultdict(dict)
        for row in conn.execute(select(t.op_log)):
            stored[row.device][row.dseq] = row
    places = Counter(row.op_id for rows in stored.values() for row in rows.values())
    for desk in honest(world):
        at_hub = stored[desk.facts.device]
        gone = dropped_by(desk)
        for dseq in range(1, gone + 1):
            if at_hub.pop(dseq, None) is None:
                yield f"{desk.name}精简掉的第{dseq}步中心没有"
        with desk.store.read() as conn:
            own = conn.execute(
                select(r.op, r.op_status.c.state).join(r.op_status, r.op_status.c.dseq == r.op.c.dseq)
            ).all()
        for row in own:
            there = at_hub.pop(row.dseq, None)
            if there is None or there.data != row.data:
                yield f"{desk.name}第{row.dseq}步（{row.kind}）中心{'没有' if there is None else '存的不一样'}"
            elif row.state != there.outcome:
                yield f"{desk.name}第{row.dseq}步本机记{row.state}，中心定{there.outcome}"
        for dseq in at_hub:
            yield f"{desk.name}没有第{dseq}步，中心却有"
    for op_id, count in places.items():
        if count > 1:
            yield f"同一步{op_id}在中心有{count}处"


def dropped_by(desk: SimDesk) -> int:
    """Up to which dseq the desk has dropped what the hub attested to hold."""
    with desk.store.read() as conn:
        return conn.execute(select(func.max(r.checkpoint.c.dseq))).scalar() or 0


def former_acts(desk: SimDesk) -> set[str]:
    """Acts under a former name that the machine keeps for a hub that should lose them."""
    with desk.store.read() as conn:
        return set(conn.execute(select(r.former_op.c.op_id)).scalars())


def kinds_that_stood(world: World) -> tuple[str, ...]:
    """The kinds of acts that the hub has taken in, in order."""
    stood = select(t.op_log.c.kind).where(t.op_log.c.outcome.in_(("applied", "merged"))).distinct()
    with world.hub.read() as conn:
        return tuple(sorted(conn.execute(stood).scalars()))


def told_is_durable(world: World) -> Iterator[str]:
    """What a clerk was told is done is on the desk's disk, or at the hub if the desk may have let it go."""
    with world.hub.read() as conn:
        there = set(conn.execute(select(t.op_log.c.op_id)).scalars())
    for desk in world.desks:
        with desk.store.read() as conn:
            own = set(conn.execute(select(r.op.c.op_id)).scalars())
        if desk.formers or dropped_by(desk):
            own |= there | former_acts(desk)
        for done in desk.done:
            if done.op_id not in own:
                yield f"{desk.name}：{done.words}，本机却没有"


def chains_have_no_gaps(world: World) -> Iterator[str]:
    """dseq 1, 2, 3 … of each device, each op carrying its forerunner's hash; feed sequences likewise."""
    with world.hub.read() as conn:
        rows = conn.execute(select(t.op_log).order_by(t.op_log.c.device, t.op_log.c.dseq)).all()
        feed = _whole_feed(world, conn)
        kept = {(row.scope, row.seq) for row in conn.execute(select(t.feed.c.scope, t.feed.c.seq))}
        floors = dict(conn.execute(select(t.scope_seq.c.scope, t.scope_seq.c.floor_seq)).all())
    device, expected, previous = "", 1, b""
    for row in rows:
        if row.device != device:
            device, expected, previous = row.device, 1, bytes(32)
        if row.dseq != expected or decode_op(row.data).prev_hash != previous:
            yield f"{device}的留痕链在第{row.dseq}步断了"
        expected, previous = row.dseq + 1, op_hash(row.data)
    last: dict[str, int] = {}
    newest: dict[tuple[str, str], int] = {}
    for (scope, seq), step in sorted(feed.items()):
        if seq != last.get(scope, 0) + 1:
            yield f"{scope}的序列在{seq}处有缺口"
        if (scope, seq) not in kept and seq > floors[scope]:
            yield f"{scope}的序列在{seq}处被收起，却在起点以后"
        last[scope] = seq
        newest[scope, step.case_id] = seq
    for (scope, case_id), seq in newest.items():
        if (scope, seq) not in kept:
            yield f"办件{case_id}最新的一步不在{scope}的序列里"


def _whole_feed(world: World, conn: Connection) -> dict[tuple[str, int], Row[Any]]:
    """The feed as it would be had nothing been folded away."""
    return {**world.folded, **{(row.scope, row.seq): row for row in conn.execute(select(t.feed))}}


def replicas_converge(world: World) -> Iterator[str]:
    """Every honest desk holds its hall's cases as the hub does, and shows them so."""
    with world.hub.read() as conn:
        sums = {row.scope: row.checksum for row in conn.execute(select(t.scope_seq))}
        heads = defaultdict(list)
        for row in conn.execute(select(t.case_head)):
            heads[row.scope].append((row.case_id, row.rev, row.state))
    for scope, rows in heads.items():
        if scope_checksum(rows) != sums.get(scope):
            yield f"中心{scope}的校验和与办件不符"
    for desk in honest(world):
        scope = desk.facts.scope
        with desk.store.read() as conn:
            if local_checksum(conn, scope) != sums.get(scope, bytes(32)):
                yield f"{desk.name}的副本与中心不一致"
        for case_id, _, _ in heads[scope]:
            if world.clerk.differs(desk, case_id):
                yield f"{desk.name}显示的办件{case_id}与中心不一致"


def disagreements_are_everywhere(world: World) -> Iterator[str]:
    """An open conflict at the hub is open at every honest desk of the hall, and no other is."""
    with world.hub.read() as conn:
        opened = defaultdict(set)
        for row in conn.execute(select(t.conflict).where(t.conflict.c.resolved_by == "")):
            opened[row.scope].add(row.conflict_id)
    for desk in honest(world):
        with desk.store.read() as conn:
            seen = set(
                conn.execute(select(r.conflict.c.conflict_id).where(r.conflict.c.resolved == 0)).scalars()
            )
        if seen != opened[desk.facts.scope]:
            yield f"{desk.name}看到的分歧与中心不同，差{len(seen ^ opened[desk.facts.scope])}处"


def nothing_overwritten_unseen(world: World) -> Iterator[str]:
    """A field changes only from the value its author saw; else there is a conflict with both."""
    with world.hub.read() as conn:
        feed = _whole_feed(world, conn)
        rows = conn.execute(select(t.op_log.c.scope, t.op_log.c.op_id, t.op_log.c.data))
        ops = {(row.scope, row.op_id): decode_op(row.data) for row in rows}
        clashes = {(row.op_id, row.path) for row in conn.execute(select(t.conflict))}
    states: dict[str, CaseState] = {}
    for (scope, _), step in sorted(feed.items()):
        op = ops.get((scope, step.op_id))
        if op is None:
            yield f"{scope}的序列里有一步，中心没有它的原文"
            continue
        before = states.get(step.case_id)
        if not step.state:
            continue
        after = decode_state(step.state)
        states[step.case_id] = after
        yield from _unseen(step.outcome, op, before, after, clashes)


def _unseen(
    outcome: str, op: Op, before: CaseState | None, after: CaseState, clashes: set[tuple[str, str]]
) -> Iterator[str]:
    was = before.fields if before is not None else {}
    where = f"办件{op.case_id}的{op.kind}"
    for path in was.keys() | after.fields.keys():
        old, new = was.get(path, ""), after.fields.get(path, "")
        change = op.changes.get(path)
        if old != new and (change is None or (change.old, change.new) != (old, new)):
            yield f"{where}改了它没有见过的{path}"
    for path, change in op.changes.items():
        # An act that could not stand as a whole has one row for all of it.
        kept = (op.op_id, path) in clashes or (op.op_id, "") in clashes
        took = after.fields.get(path, "") == change.new
        if outcome in ("applied", "merged", "conflict") and not took and not kept:
            yield f"{where}对{path}的改动没有下落"
    if before is not None and before.catalog_version != after.catalog_version:
        yield f"{where}换了目录版本"


def revoked_is_out(world: World) -> Iterator[str]:
    """Nothing of a revoked desk is taken in after its revocation, nor of a closed identity after its end."""
    with world.hub.read() as conn:
        for desk in world.desks:
            closed = dict(desk.formers)
            if desk.revoked:
                closed = {name: min(ms, desk.revoked_ms) for name, ms in closed.items()}
                closed[desk.facts.device] = desk.revoked_ms
            for device, since in closed.items():
                late = select(t.op_log.c.dseq).where(
                    t.op_log.c.device == device, t.op_log.c.received_ms > since
                )
                for (dseq,) in conn.execute(late):
                    yield f"{desk.name}撤销或者停用以后，中心还收了第{dseq}步"


def escrow_opens(world: World) -> Iterator[str]:
    """The hub's escrow holds the data key under which an honest desk's replica lies."""
    with world.hub.read() as conn:
        for desk in honest(world):
            device = find_device(conn, desk.facts.device)
            if device is None or escrow_key(world.hub, conn, device) != desk.data_key:
                yield f"{desk.name}的副本密钥与中心托管的不一致"


def records_verify(world: World) -> Iterator[str]:
    """Audit and op chains, numbers and projection of each replica, and the hub's audit chain."""
    for desk in world.desks:
        for sentence in world.clerk.verify(desk):
            if desk.rolled_back and CUT in sentence:
                continue  # as it must: the older disk has not the lines that the hub had heard of
            yield f"{desk.name}：{sentence}"
    with world.hub.read() as conn:
        broken = first_broken(conn)
    if broken is not None:
        yield f"中心的审计链在第{broken}条断了"


def days_are_right(world: World) -> Iterator[str]:
    """A day that a limit counts from lies between what the desk had heard and what the hub received,
    and is exact where the desk could attest it, whatever its clock said."""
    true = {done.op_id: done.true_ms for desk in world.desks for done in desk.done}
    with world.hub.read() as conn:
        rows = conn.execute(
            select(t.op_log).where(
                t.op_log.c.kind.in_(sorted(DATING)),
                t.op_log.c.outcome.in_(("applied", "merged")),
            )
        ).all()
    for row in rows:
        op = decode_op(row.data)
        if not op.time.anchor_ms - SLACK_MS <= op.time.wall_ms <= row.received_ms + SLACK_MS:
            yield f"{row.device}第{row.dseq}步的日期不在可能的时间里"
        when = true.get(op.op_id)
        if op.time.attested_ms and when is not None and abs(op.time.wall_ms - when) > SLACK_MS:
            day = dt.datetime.fromtimestamp(when / 1000, CHINA).date()
            yield f"{row.device}第{row.dseq}步写的是{op.time.day}，其实是{day}"


def files_are_whole(world: World) -> Iterator[str]:
    """A case refers to a file just when its bytes are at the hub and are those announced.

    Only what was on revoked or rolled-back machines alone may be missing, and is then shown as awaited;
    so may what the hub lost after the machine had left the hall, for nothing of it stays there.
    """
    owners = {name: desk for desk in honest(world) for name in (desk.facts.device, *desk.formers)}
    with world.hub.read() as conn:
        rows = {(row.scope, row.file_id): row for row in conn.execute(select(t.file))}
        heads = conn.execute(select(t.case_head.c.scope, t.case_head.c.state)).all()
    referred: set[tuple[str, str]] = set()
    for head in heads:
        for file in decode_state(head.state).files:
            referred.add((head.scope, file.file_id))
            row = rows.get((head.scope, file.file_id))
            if row is None or row.sha256 != file.sha256:
                yield f"附件{file.file_id[:8]}中心没有登记，或者登记的不一样"
            elif row.state != "here" and _still_held(world, owners.get(file.device), head.scope):
                yield f"附件{file.file_id[:8]}的内容没有传到中心"
    if referred != set(rows):
        yield f"有{len(set(rows) - referred)}份附件没有办件引用"
    names = {f"{scope}/{file_id}": row for (scope, file_id), row in rows.items()}
    for name, row in names.items():
        if row.state == "here" and hashlib.sha256(world.blobs.read(name) or b"").digest() != row.sha256:
            yield f"附件{name[-64:-56]}在中心存的内容不对"
    for name in world.blobs.names():
        # A restored backup may decide otherwise on an op whose file had come; hub files --repair takes it away.
        if name.partition(".part/")[0] not in names and not world.restores.times:
            yield f"附件库里的{name[:20]}没有办件引用"
    for desk in honest(world):
        with desk.store.read() as conn:
            own = conn.execute(select(r.file)).all()
        for row in own:
            if not desk.vault.has(row.file_id):
                yield f"{desk.name}登记的附件{row.file_id[:8]}不在本机"
            if row.upload == "stuck" or (row.upload == "waiting" and (row.scope, row.file_id) in referred):
                yield f"{desk.name}的附件{row.file_id[:8]}没有传完"


def _still_held(world: World, desk: SimDesk | None, hall: str) -> bool:
    """Whether the bytes that a machine attached must be at the hub by now."""
    return desk is not None and not (world.lost and hall in desk.left)


INVARIANTS: Mapping[str, Callable[[World], Iterator[str]]] = {
    "每步恰好一次": each_op_once,
    "说成的都在": told_is_durable,
    "编号唯一": numbers_are_unique,
    "临时号有换": nobody_waits_for_a_number,
    "台账相符": ledger_closes,
    "链无缺口": chains_have_no_gaps,
    "副本一致": replicas_converge,
    "分歧可见": disagreements_are_everywhere,
    "不被暗改": nothing_overwritten_unseen,
    "撤销即止": revoked_is_out,
    "托管可开": escrow_opens,
    "留痕可核": records_verify,
    "日期不错": days_are_right,
    "附件齐全": files_are_whole,
}
