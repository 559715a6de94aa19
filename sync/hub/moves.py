"""Moving a machine to another window, in its hall or in another one.

In another hall the device gets a row of its own with the head of its chain; the row it leaves stays,
marked ``moved``, so that what it still had to send for the old hall can be taken in there.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, insert, select, update

from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.devices import Device, find_device
from sync.hub.places import Window, read_places
from sync.hub.prepared import Prepared, first_of
from sync.hub.upsert import insert_ignore

_ROW = Prepared(
    select(t.device.c.regained_ms).where(
        t.device.c.scope == bindparam("hall"), t.device.c.device == bindparam("of")
    )
)
_HALLS = Prepared(select(t.device.c.scope).where(t.device.c.device == bindparam("of")))
_LAST = Prepared(
    select(func.max(t.op_log.c.dseq)).where(
        t.op_log.c.scope == bindparam("hall"),
        t.op_log.c.device == bindparam("of"),
        t.op_log.c.received_ms >= bindparam("since"),
    )
)
_SINCE = Prepared(
    first_of(
        select(t.op_log.c.dseq).where(
            t.op_log.c.scope == bindparam("hall"),
            t.op_log.c.device == bindparam("of"),
            t.op_log.c.dseq > bindparam("after"),
        )
    )
)


def move(hub: Hub, device: str, window: str, hall: str = "", *, actor: str = "cli") -> str:
    """Give the machine this window; returns the hall's id.  The machine learns of it at its next session.

    Raises KnownError: unknown machine or window, one that is frozen or revoked, a window id that
    several halls have and no ``hall`` to tell which.
    """
    now = hub.now_ms()
    with hub.write() as conn:
        found = _movable(conn, device)
        target = _window(conn, window, hall)
        for scope in sorted(
            {found.scope, target.hall}
        ):  # in one order, so that two moves never wait in a ring
            insert_ignore(
                conn, t.scope_seq, {"scope": scope, "seq": 0, "checksum": bytes(32), "floor_seq": 0}
            )
            conn.execute(select(t.scope_seq.c.seq).where(t.scope_seq.c.scope == scope).with_for_update())
        found = _movable(conn, device)
        here = (t.device.c.scope == found.scope, t.device.c.device == device)
        if target.hall == found.scope:
            conn.execute(update(t.device).where(*here).values(window=target.id))
        else:
            row = dict(conn.execute(select(t.device).where(*here)).mappings().one())
            conn.execute(update(t.device).where(*here).values(status="moved"))
            row |= {"scope": target.hall, "window": target.id, "moved_dseq": found.head_dseq}
            there = (t.device.c.scope == target.hall, t.device.c.device == device)
            if conn.execute(update(t.device).where(*there).values(**row)).rowcount == 0:
                conn.execute(insert(t.device).values(**row))
            _withdraw(conn, device, target, now, seen_ms=row["seen_ms"])
        record(conn, now, actor, "device_move", target=device, detail=f"{found.scope} {target.hall} {window}")
    return target.hall


def halls_of(conn: Connection, device: str) -> list[str]:
    """Every hall the machine is or was in."""
    return list(_HALLS(conn, of=device).scalars())


def scope_for(conn: Connection, device: Device, op_scope: str) -> str:
    """The hall in which the device's next op is decided.

    An op made for a hall the machine has left is taken in there, as long as none made for the new hall
    has come: the chain tells which was made before the move was known.  In a hall regained after a
    restore (sync.hub.postings) one run of ops is taken in, wherever the machine is now.
    """
    if op_scope == device.scope or op_scope not in halls_of(conn, device.device):
        return device.scope
    row = _ROW(conn, hall=op_scope, of=device.device).one()
    after = device.moved_dseq
    if row.regained_ms:
        last: int | None = _LAST(conn, hall=op_scope, of=device.device, since=row.regained_ms).scalar()
        if last is None:
            return op_scope
        after = last
    since = _SINCE(conn, hall=device.scope, of=device.device, after=after).first()
    return device.scope if since is not None else op_scope


def _movable(conn: Connection, device: str) -> Device:
    found = find_device(conn, device)
    if found is None:
        raise KnownError(f"没有“{device}”这台工作站，没有改动。可用 hub device list 查看。")
    if found.status not in ("approved", "pending"):
        raise KnownError("这台工作站已被冻结或者撤销，没有调动。请先恢复或者重新登记。")
    return found


def _withdraw(conn: Connection, device: str, target: Window, now_ms: int, *, seen_ms: int) -> None:
    """What the machine holds of another 区划's numbers is void once it hears of the move; what it printed
    before stands.  It is not given back should the machine return, for it has dropped it by then: unless it
    has not been seen since, and never heard that it was away."""
    hall = read_places(conn).hall(target.hall)
    division = hall.division[:6] if hall is not None else ""
    blocks = t.number_block.c
    conn.execute(
        update(t.number_block)
        .where(blocks.device == device, blocks.division == division, blocks.withdrawn_ms > seen_ms)
        .values(withdrawn_ms=0)
    )
    conn.execute(
        update(t.number_block)
        .where(blocks.device == device, blocks.division != division, blocks.withdrawn_ms == 0)
        .values(withdrawn_ms=now_ms)
    )


def _window(conn: Connection, window: str, hall: str) -> Window:
    places = read_places(conn)
    found = [w for w in places.windows if w.id == window and hall in ("", w.hall)]
    if not found:
        raise KnownError(f"没有“{window}”这个窗口，没有调动。请先导入大厅资料。")
    if len(found) > 1:
        raise KnownError(f"有 {len(found)} 个大厅都有“{window}”这个窗口，没有调动。请用 --hall 说明大厅。")
    return found[0]
