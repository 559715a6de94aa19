"""A device's hash chain: is the batch really its, and does it follow on from what is stored?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, select, update

from models.crypto import BadSignature, verify
from sync.hub import tables as t
from sync.hub.audit import raise_alarm
from sync.hub.devices import Device
from sync.hub.entry import Entry, fresh_entry, stored_entry
from sync.hub.prepared import Prepared, among
from sync.hub.refusal import Refused
from sync.protocol import OpOutcome, Outcome, PushRequest, push_payload

_STORED = Prepared(
    lambda kind: select(t.op_log).where(
        among(kind, t.op_log.c.scope, "halls"),
        t.op_log.c.device == bindparam("device"),
        t.op_log.c.dseq.between(bindparam("first"), bindparam("last")),
    )
)
_TAKEN = Prepared(
    lambda kind: select(t.op_log.c.op_id, t.op_log.c.dseq, t.op_log.c.device).where(
        among(kind, t.op_log.c.scope, "halls"), among(kind, t.op_log.c.op_id, "ids")
    )
)


@dataclass(slots=True)
class Fitted:
    """A batch against what is stored: what is known already, what is new, what contradicts."""

    known: list[OpOutcome] = field(default_factory=list)
    fresh: list[Entry] = field(default_factory=list)
    forked: list[Entry] = field(default_factory=list)


def read_batch(device: str, request: PushRequest, now_ms: int) -> list[Entry]:
    """The ops of a batch, read and hashed: done before any lock is taken."""
    first = request.first_dseq
    return [fresh_entry(device, first + index, data, now_ms) for index, data in enumerate(request.ops)]


def authenticate(device: Device, request: PushRequest, entries: Sequence[Entry]) -> None:
    """The signature covers the head; the chain carries it back over every op of the batch."""
    head = entries[-1].hash
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
    for entry in entries:
        frame = entry.frame
        fits = frame is None or (
            frame.device == device.device
            and frame.dseq == entry.dseq
            and frame.op_id != ""
            and previous in (None, frame.prev_hash)
        )
        if not fits:
            raise Refused(400, "bad_chain", "这批办件前后接不上，中心没有收。办件都还在本机，请联系管理员。")
        previous = entry.hash


def fit(conn: Connection, device: Device, halls: list[str], entries: Sequence[Entry]) -> Fitted:
    """``halls``: every hall the machine is or was in; under the lock of the device."""
    fitted = Fitted()
    stored = {}
    if entries[0].dseq <= device.head_dseq:
        first, last = entries[0].dseq, entries[-1].dseq
        rows = _STORED(conn, halls=halls, device=device.device, first=first, last=last)
        stored = {row.dseq: row for row in rows}
    taken = _TAKEN(conn, halls=halls, ids=[entry.op_id for entry in entries])
    places = {row.op_id: (row.device, row.dseq) for row in taken}
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
            frame = entry.frame
            if frame is not None and frame.prev_hash != previous:
                fitted.forked.append(entry)
                continue
            places[entry.op_id] = (device.device, entry.dseq)
            previous = entry.hash
            fitted.fresh.append(entry)
    return fitted


def freeze(conn: Connection, now_ms: int, device: Device, forked: list[Entry]) -> list[OpOutcome]:
    """Same place, other bytes: a copied or rolled-back desk.  Its bytes are kept, nothing is applied."""
    reason = "本机的办件记录与中心的接不上，像是复制或者回退过的副本。中心已原样保存，请管理员处理。"
    for entry in forked:
        raise_alarm(conn, now_ms, "forked", reason, scope=device.scope, device=device.device, data=entry.data)
    conn.execute(
        update(t.device)
        .where(t.device.c.scope == device.scope, t.device.c.device == device.device)
        .values(status="frozen", reason=reason)
    )
    return [OpOutcome(dseq=e.dseq, op_id=e.op_id, outcome=Outcome.QUARANTINED, reason=reason) for e in forked]
