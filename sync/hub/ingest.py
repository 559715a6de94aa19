"""Taking in a batch of a desk: authenticate it, fit it into the device's chain, decide each op.

An answer is sent after the commit, so an outcome that a desk hears of is durable.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, update

from models.crypto import BadSignature, verify
from models.domain.ops import op_hash
from sync.hub import tables as t
from sync.hub.audit import raise_alarm
from sync.hub.database import Hub
from sync.hub.devices import Device, approved_device
from sync.hub.entry import Entry, fresh_entry, read_frame, stored_entry
from sync.hub.judge import release, take
from sync.hub.refusal import Refused
from sync.hub.work import Work
from sync.protocol import MAX_BATCH_OPS, OpOutcome, Outcome, PushReply, PushRequest, push_payload

log = logging.getLogger("taihaoban.hub")


def push(hub: Hub, device: str, request: PushRequest) -> PushReply:
    """Decide a batch, or answer again what was decided.  Raises Refused and then stored nothing,
    except that a device whose history has forked is frozen."""
    if request.device != device:
        raise Refused(403, "other_device", "这批办件不是本机的，中心没有收。办件都还在本机。")
    if not 1 <= len(request.ops) <= MAX_BATCH_OPS or request.first_dseq < 1:
        raise Refused(400, "bad_batch", "这批办件的格式不对，中心没有收。办件都还在本机，请升级工作站程序。")
    try:
        return _attempt(hub, device, request)
    except Refused:
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
        return len(conn.execute(select(t.op_log.c.op_id).where(t.op_log.c.outcome == "held")).all())


@dataclass(slots=True)
class _Fitted:
    """A batch against what is stored: what is known already, what is new, what contradicts."""

    known: list[OpOutcome] = field(default_factory=list)
    fresh: list[Entry] = field(default_factory=list)
    forked: list[Entry] = field(default_factory=list)


def _attempt(
    hub: Hub, device_id: str, request: PushRequest, *, stop: int | None = None, skip: str = ""
) -> PushReply:
    """One transaction.  ``stop`` takes fewer ops in; ``skip`` names one to keep without deciding it."""
    with hub.write() as conn:
        device = approved_device(conn, device_id)
        work = Work(hub, conn, device.scope)
        device = approved_device(conn, device_id)  # again, now that other workers wait
        _authenticate(device, request)
        if request.first_dseq > device.head_dseq + 1:
            return _reply(hub, conn, device.head_dseq, [])
        fitted = _fit(conn, device, request, hub.now_ms())
        fresh = fitted.fresh[:stop]
        work.load([entry.case_id for entry in fresh])
        work.ledger.load([e.op.act.number for e in fresh if e.op is not None and e.op.act.number])
        for entry in fresh:
            if entry.op_id == skip:
                entry.decide(Outcome.HELD, _STUMBLED, work.now_ms, waits="error")
                work.add(entry)
            else:
                take(work, entry)
        work.flush()
        head = device.head_dseq
        if fresh:
            head = fresh[-1].dseq
            _advance(conn, device, fresh[-1])
        outcomes = fitted.known + [entry.told() for entry in fresh]
        if fitted.forked and stop is None:
            outcomes += _freeze(conn, hub.now_ms(), device, fitted.forked)
        return _reply(hub, conn, head, outcomes)


_STUMBLED = "中心处理这一步时出了错，已原样保存，管理员处理后会接着办。"


def _one_by_one(hub: Hub, device: str, request: PushRequest) -> PushReply:
    """Each op in its own transaction; one that cannot be decided is kept and held."""
    for _ in request.ops:
        try:
            reply = _attempt(hub, device, request, stop=1)
        except Refused:
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


def _authenticate(device: Device, request: PushRequest) -> None:
    """The signature covers the head; the chain carries it back over every op of the batch."""
    head = op_hash(request.ops[-1])
    try:
        if head != request.head:
            raise BadSignature("head")
        verify(
            device.public_key,
            push_payload(device.device, request.first_dseq, len(request.ops), head),
            request.signature,
        )
    except BadSignature as error:
        raise Refused(
            403, "bad_signature", "这批办件的签名不对，中心没有收。办件都还在本机，请重试。"
        ) from error
    previous: bytes | None = None
    for index, data in enumerate(request.ops):
        frame = read_frame(data)
        fits = frame is None or (
            frame.device == device.device
            and frame.dseq == request.first_dseq + index
            and frame.op_id != ""
            and previous in (None, frame.prev_hash)
        )
        if not fits:
            raise Refused(400, "bad_chain", "这批办件前后接不上，中心没有收。办件都还在本机，请联系管理员。")
        previous = op_hash(data)


def _fit(conn: Connection, device: Device, request: PushRequest, now_ms: int) -> _Fitted:
    fitted = _Fitted()
    entries = [
        fresh_entry(device.device, request.first_dseq + i, data, now_ms) for i, data in enumerate(request.ops)
    ]
    stored = {}
    if request.first_dseq <= device.head_dseq:
        rows = select(t.op_log).where(
            t.op_log.c.scope == device.scope,
            t.op_log.c.device == device.device,
            t.op_log.c.dseq.between(entries[0].dseq, entries[-1].dseq),
        )
        stored = {row.dseq: row for row in conn.execute(rows)}
    taken = select(t.op_log.c.op_id, t.op_log.c.dseq, t.op_log.c.device).where(
        t.op_log.c.scope == device.scope, t.op_log.c.op_id.in_([e.op_id for e in entries])
    )
    places = {row.op_id: (row.device, row.dseq) for row in conn.execute(taken)}
    previous = device.head_hash
    for entry in entries:
        row = stored.get(entry.dseq)
        if fitted.forked:
            fitted.forked.append(entry)
        elif row is not None:
            if row.hash == entry.hash:
                fitted.known.append(stored_entry(row).told())
            else:
                fitted.forked.append(entry)
        elif places.get(entry.op_id, (device.device, entry.dseq)) != (device.device, entry.dseq):
            fitted.forked.append(entry)
        else:
            frame = read_frame(entry.data)
            if frame is not None and frame.prev_hash != previous:
                fitted.forked.append(entry)
                continue
            places[entry.op_id] = (device.device, entry.dseq)
            previous = entry.hash
            fitted.fresh.append(entry)
    return fitted


def _freeze(conn: Connection, now_ms: int, device: Device, forked: list[Entry]) -> list[OpOutcome]:
    """Same place, other bytes: a copied or rolled-back desk.  Its bytes are kept, nothing is applied."""
    reason = "本机的办件记录与中心的接不上，像是复制或者回退过的副本。中心已原样保存，请管理员处理。"
    for entry in forked:
        raise_alarm(conn, now_ms, "forked", reason, scope=device.scope, device=device.device, data=entry.data)
    conn.execute(
        update(t.device)
        .where(t.device.c.scope == device.scope, t.device.c.device == device.device)
        .values(status="frozen")
    )
    return [OpOutcome(dseq=e.dseq, op_id=e.op_id, outcome=Outcome.QUARANTINED, reason=reason) for e in forked]


def _advance(conn: Connection, device: Device, last: Entry) -> None:
    conn.execute(
        update(t.device)
        .where(t.device.c.scope == device.scope, t.device.c.device == device.device)
        .values(head_dseq=last.dseq, head_hash=last.hash)
    )


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
