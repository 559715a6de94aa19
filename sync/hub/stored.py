"""Whether what the hub has stored is what it once took in or signed: acts of machines, cases, catalogues.

The database itself refuses to rewrite acts (triggers); this finds what somebody with the file in his hands did.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, func, select

from models.crypto import BadSignature, public_key, verify
from models.domain.case import decode_state
from models.domain.ops import GENESIS, op_hash
from sync.checksum import case_digest
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.entry import UNREADABLE, read_frame

_ROWS = 500
_TRIES = 3


def altered(hub: Hub) -> tuple[str, ...]:
    """*Reads everything.*  Plain sentences, one for each row or hall that does not fit; () when all is whole.

    A hall that takes acts in without a pause while it is read is not judged this time.
    """
    with hub.read() as conn:
        found = [*_acts(conn), *_versions(hub, conn)]
        scopes = list(conn.execute(select(t.scope_seq.c.scope).order_by(t.scope_seq.c.scope)).scalars())
    for scope in scopes:
        found += _cases(hub, scope)
    return tuple(found)


def _acts(conn: Connection) -> Iterator[str]:
    """Every machine's chain, from its first act to the one its row knows as the last."""
    columns = t.op_log.c
    rows = conn.execute(
        select(columns.device, columns.dseq, columns.op_id, columns.case_id, columns.data, columns.hash)
        .order_by(columns.device, columns.dseq)
        .execution_options(yield_per=_ROWS)
    )
    device, previous, expected, broken = "", GENESIS, 1, False
    ends: dict[str, bytes] = {}
    for row in rows:
        if row.device != device:
            device, previous, expected, broken = row.device, GENESIS, 1, False
        if not broken:
            frame = read_frame(row.data)
            own = op_hash(row.data) == row.hash
            linked = frame is None or frame.prev_hash == previous
            placed = (
                frame is None
                or row.op_id.startswith(UNREADABLE)
                or (frame.op_id, frame.case_id, frame.dseq) == (row.op_id, row.case_id, row.dseq)
            )
            if row.dseq != expected or not (own and linked and placed):
                step = min(expected, row.dseq)
                yield f"机器 {device} 的办理记录从第 {step} 步起与留痕对不上。"
                broken = True
        previous, expected = row.hash, row.dseq + 1
        ends[device] = previous
    heads = select(t.device.c.device, t.device.c.head_hash, t.device.c.head_dseq).where(
        t.device.c.status != "moved"
    )
    for head in conn.execute(heads.order_by(t.device.c.device)):
        if ends.get(head.device, GENESIS) != head.head_hash:
            yield f"机器 {head.device} 的办理记录末尾与中心收到的第 {head.head_dseq} 步对不上。"


def _versions(hub: Hub, conn: Connection) -> Iterator[str]:
    """Published versions of the catalogue, which desks take only as the hub once signed them."""
    table = t.catalog_version.c
    key = public_key(hub.keys.signing)
    for row in conn.execute(select(table.version, table.data, table.signature).order_by(table.place)):
        try:
            verify(key, row.data, row.signature)
        except BadSignature:
            yield f"目录版本 {row.version} 发布以后被改动过，与中心的签名对不上。"


def _cases(hub: Hub, scope: str) -> list[str]:
    for _ in range(_TRIES):
        with hub.read() as conn:
            before = _seq(conn, scope)
            found = list(_unlike(conn, scope))
            if _seq(conn, scope) == before:
                return found
    return []


def _seq(conn: Connection, scope: str) -> int | None:
    return conn.execute(select(t.scope_seq.c.seq).where(t.scope_seq.c.scope == scope)).scalar()


def _unlike(conn: Connection, scope: str) -> Iterator[str]:
    """The cases whose state is not what the feed last told, and whether all of them add up to the checksum."""
    head, feed = t.case_head.c, t.feed.c
    last = select(feed.case_id, func.max(feed.seq).label("seq")).where(feed.scope == scope)
    newest = last.group_by(feed.case_id).subquery()
    rows = conn.execute(
        select(
            head.case_id,
            head.rev,
            head.status,
            head.number,
            head.item_id,
            head.state,
            feed.state.label("told"),
        )
        .select_from(t.case_head)
        .outerjoin(newest, newest.c.case_id == head.case_id)
        .outerjoin(t.feed, (feed.scope == scope) & (feed.seq == newest.c.seq))
        .where(head.scope == scope)
        .execution_options(yield_per=_ROWS)
    )
    total, named = 0, False
    for row in rows:
        total ^= int.from_bytes(case_digest(row.case_id, row.rev, row.state), "big")
        if row.state != row.told or not _fits(row.state, row.rev, row.status, row.number, row.item_id):
            named = True
            yield f"大厅 {scope} 的办件 {row.case_id} 被改动过，与下发给各窗口的不一致。"
    checksum = conn.execute(select(t.scope_seq.c.checksum).where(t.scope_seq.c.scope == scope)).scalar_one()
    if not named and total.to_bytes(32, "big") != checksum:
        yield f"大厅 {scope} 的办件合起来与校验和对不上，有办件被删除或者替换。"


def _fits(data: bytes, rev: int, status: str, number: str, item_id: str) -> bool:
    try:
        state = decode_state(data)
    except msgspec.MsgspecError:
        return False
    return (state.rev, state.status.value, state.number, state.item_id) == (rev, status, number, item_id)
