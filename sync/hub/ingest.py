"""Taking in a batch of a desk: authenticate it, fit it into the device's chain, decide each op.

An answer is sent after the commit, so an outcome that a desk hears of is durable.
"""

from __future__ import annotations

import logging

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import raise_alarm
from sync.hub.chain import authenticate, fit, freeze, read_batch
from sync.hub.database import Hub
from sync.hub.devices import Device, approved_device
from sync.hub.entry import Entry, fresh_entry, read_frame
from sync.hub.judge import release, take
from sync.hub.moves import scope_for
from sync.hub.prepared import Prepared
from sync.hub.refusal import Refused
from sync.hub.visits import tell_unfinished
from sync.hub.work import Work
from sync.protocol import MAX_BATCH_OPS, OpOutcome, Outcome, PushReply, PushRequest

log = logging.getLogger("taihaoban.hub")

# A full disk, a lost connection, a deadlock: the desk comes again, and no op is held for it.
NOT_THE_OPS_FAULT = (Refused, KnownError, OperationalError, InterfaceError, PoolTimeout)

_HALLS = Prepared(
    select(t.device.c.scope, t.device.c.status).where(t.device.c.device == bindparam("of")).with_for_update()
)
_ADVANCE = Prepared(
    update(t.device)
    .where(t.device.c.scope == bindparam("in_scope"), t.device.c.device == bindparam("of"))
    .values(head_dseq=bindparam("dseq"), head_hash=bindparam("hash_of"))
)


def push(hub: Hub, device: str, request: PushRequest) -> PushReply:
    """Decide a batch, or answer again what was decided.  Raises Refused and then stored nothing,
    except that a device whose history has forked is frozen."""
    if request.device != device:
        raise Refused(403, "other_device", "这批办件不是本机的，中心没有收。办件都还在本机。")
    if not 1 <= len(request.ops) <= MAX_BATCH_OPS or request.first_dseq < 1:
        raise Refused(400, "bad_batch", "这批办件的格式不对，中心没有收。办件都还在本机，请升级工作站程序。")
    try:
        return _attempt(hub, device, request)
    except NOT_THE_OPS_FAULT:
        raise
    except Exception as error:
        # One op that this program stumbles over must not hold up the others: go one by one.
        _log_stumble(error)
        return _one_by_one(hub, device, request)


def release_held(hub: Hub) -> int:
    """Decide again all that waits for a catalogue or a newer program; returns how many ops still wait."""
    with hub.read() as conn:
        waiting = select(t.op_log.c.scope, t.op_log.c.case_id).where(t.op_log.c.outcome == "held").distinct()
        cases = conn.execute(waiting).all()
    for scope in sorted({row.scope for row in cases}):
        ids = [row.case_id for row in cases if row.scope == scope]
        for case_id in ids:
            try:
                with hub.write() as conn:
                    work = Work(hub, conn, scope)
                    work.load([case_id])
                    release(work, case_id, every=True)
                    work.flush()
            except Exception as error:  # stays held; the others go on
                _log_stumble(error)
    with hub.read() as conn:
        held = select(func.count()).select_from(t.op_log).where(t.op_log.c.outcome == "held")
        return conn.execute(held).scalar_one()


def _attempt(
    hub: Hub, device_id: str, request: PushRequest, *, stop: int | None = None, skip: str = ""
) -> PushReply:
    """One transaction.  ``stop`` takes fewer ops in; ``skip`` names one to keep without deciding it."""
    entries = read_batch(device_id, request, hub.now_ms())
    with hub.write() as conn:
        device = approved_device(conn, device_id)
        key = device.public_key
        authenticate(device, request, entries)  # before the lock, for nobody else to wait for it
        work = Work(hub, conn, _next_scope(conn, device, request))
        # Again, now that other workers wait; the row too, for ops of two halls have two locks.
        halls = [row.scope for row in _HALLS(conn, of=device_id)]
        device = approved_device(conn, device_id)
        if device.public_key != key:
            authenticate(device, request, entries)
        if request.first_dseq > device.head_dseq + 1:
            return _reply(hub, conn, device.head_dseq, [])
        fitted = fit(conn, device, halls, entries)
        fresh = _of_one_hall(conn, work.scope, device, halls, fitted.fresh)[:stop]
        work.load([entry.case_id for entry in fresh])
        work.ledger.load([e.op.act.number for e in fresh if e.op is not None and e.op.act.number])
        for entry in fresh:
            if entry.op_id == skip:
                entry.decide(Outcome.HELD, _STUMBLED, work.now_ms, waits="error")
                work.add(entry)
                raise_alarm(conn, work.now_ms, "stumbled", _STUMBLED, scope=work.scope, device=device_id)
            else:
                take(work, entry)
        tell_unfinished(work)
        work.flush()
        head = device.head_dseq
        if fresh:
            head = fresh[-1].dseq
            _advance(conn, device, fresh[-1])
        outcomes = fitted.known + [entry.told() for entry in fresh]
        if fitted.forked and stop is None:
            outcomes += freeze(conn, hub.now_ms(), device, fitted.forked)
        return _reply(hub, conn, head, outcomes)


def _next_scope(conn: Connection, device: Device, request: PushRequest) -> str:
    """The hall of the first op that is new."""
    index = device.head_dseq + 1 - request.first_dseq
    frame = read_frame(request.ops[index]) if 0 <= index < len(request.ops) else None
    return scope_for(conn, device, frame.scope) if frame is not None else device.scope


def _of_one_hall(
    conn: Connection, scope: str, device: Device, halls: list[str], fresh: list[Entry]
) -> list[Entry]:
    """The ops up to the first of another hall; the desk sends that one in its next batch."""
    if scope == device.scope and not device.moved_dseq and len(halls) == 1:
        return fresh
    target: dict[str, str] = {}
    for count, entry in enumerate(fresh):
        wanted = entry.op.scope if entry.op is not None else device.scope
        if wanted not in target:
            target[wanted] = scope_for(conn, device, wanted)
        if target[wanted] != scope:
            return fresh[:count]
    return fresh


_STUMBLED = "中心处理这一步时出了错，已原样保存，管理员处理后会接着办。"


def _one_by_one(hub: Hub, device: str, request: PushRequest) -> PushReply:
    """Each op in its own transaction; one that cannot be decided is kept and held."""
    for _ in request.ops:
        try:
            reply = _attempt(hub, device, request, stop=1)
        except NOT_THE_OPS_FAULT:
            raise
        except Exception as error:
            _log_stumble(error)
            reply = _attempt(hub, device, request, stop=1, skip=_next_op_id(hub, device, request))
        if reply.next_dseq >= request.first_dseq + len(request.ops):
            break
    return _attempt(hub, device, request)


def _next_op_id(hub: Hub, device_id: str, request: PushRequest) -> str:
    with hub.read() as conn:
        head = approved_device(conn, device_id).head_dseq
    data = request.ops[head + 1 - request.first_dseq]
    return fresh_entry(device_id, head + 1, data, hub.now_ms()).op_id


def _advance(conn: Connection, device: Device, last: Entry) -> None:
    _ADVANCE(conn, in_scope=device.scope, of=device.device, dseq=last.dseq, hash_of=last.hash)


def _reply(hub: Hub, conn: Connection, head: int, outcomes: list[OpOutcome]) -> PushReply:
    return PushReply(
        epoch=hub.epoch(conn), hub_time_ms=hub.now_ms(), next_dseq=head + 1, outcomes=tuple(outcomes)
    )


def place_of(error: Exception) -> str:
    """Where an error arose, never what was in it: its message may quote a case."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "?"


def _log_stumble(error: Exception) -> None:
    log.error("ingest stumbled: %s at %s", type(error).__name__, place_of(error))
