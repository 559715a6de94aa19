"""Reading a scope's feed, page by page, in commit order."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, select

from sync.hub import tables as t
from sync.hub.audit import raise_alarm
from sync.hub.database import Hub
from sync.hub.prepared import Prepared
from sync.hub.refusal import Refused
from sync.hub.upsert import insert_ignore
from sync.protocol import FeedEntry, FieldConflict, Outcome, PullReply, PullRequest

PAGE_BYTES = 1024 * 1024
PAGE_ENTRIES = 2000
WENT_BACK = (
    "有工作站读到的记录比中心现有的还新：中心的数据库像是退回到了以前（拷回旧文件、备库接管），却没有登记。"
    "工作站会自己重读、补传。请管理员查明原因，停下中心运行 hub restore --epoch-only。"
)

_HEAD = Prepared(select(t.scope_seq).where(t.scope_seq.c.scope == bindparam("of")))
_PAGE = Prepared(
    select(t.feed, t.op_log.c.data)
    .join(t.op_log, and_(t.op_log.c.scope == t.feed.c.scope, t.op_log.c.op_id == t.feed.c.op_id))
    .where(
        t.feed.c.scope == bindparam("of"),
        t.feed.c.seq > bindparam("after"),
        t.feed.c.seq <= bindparam("until"),
    )
    .order_by(t.feed.c.seq)
    .limit(bindparam("most"))
)


def pull(hub: Hub, scope: str, request: PullRequest) -> PullReply:
    """The page after ``after_seq``; from the start when the epoch is another.

    The last page carries the checksum of the scope at ``head_seq``.  Raises Refused for another scope.
    """
    if request.scope != scope:
        raise Refused(403, "foreign_scope", "本机不能读其他大厅的办件，没有下发。")
    with hub.read() as conn:
        epoch = hub.epoch(conn)
        # The head first: what commits meanwhile belongs to the next page, and to its checksum.
        head = _HEAD(conn, of=scope).first()
        head_seq, checksum = (head.seq, head.checksum) if head is not None else (0, bytes(32))
        after = request.after_seq if request.epoch == epoch else 0
        folded = head is not None and after < head.floor_seq
        limit = min(max(request.limit, 1), PAGE_ENTRIES)
        entries: list[FeedEntry] = []
        if not (folded and request.snapshots):  # an older desk gets what is left: it has every case
            entries = _page(conn, scope, min(max(after, 0), head_seq), head_seq, limit)
    if after > head_seq:
        tell_went_back(hub, scope, epoch)
    last = entries[-1].seq if entries else after
    return PullReply(
        epoch=epoch,
        scope=scope,
        hub_time_ms=hub.now_ms(),
        entries=tuple(entries),
        head_seq=head_seq,
        checksum=checksum if last >= head_seq else b"",
        snapshot=folded,
    )


def tell_went_back(hub: Hub, scope: str, epoch: str) -> None:
    """A desk has read further in this very epoch than the hub goes: once said, a person must look."""
    with hub.write() as conn:
        if insert_ignore(conn, t.hub_meta, {"key": f"went_back:{epoch}", "value": scope.encode()}):
            raise_alarm(conn, hub.now_ms(), "went_back", WENT_BACK, scope=scope)


def _page(conn: Connection, scope: str, after: int, until: int, limit: int) -> list[FeedEntry]:
    rows = _PAGE(conn, of=scope, after=after, until=until, most=limit)
    entries: list[FeedEntry] = []
    size = 0
    for row in rows:
        size += len(row.data) + len(row.state) + len(row.conflicts)
        if entries and size > PAGE_BYTES:
            rows.close()
            break
        entries.append(_entry(row))
    return entries


def _entry(row: Row[Any]) -> FeedEntry:
    return FeedEntry(
        seq=row.seq,
        case_id=row.case_id,
        op_id=row.op_id,
        outcome=Outcome(row.outcome),
        rev=row.rev,
        op=row.data,
        state=row.state,
        at_ms=row.at_ms,
        reason=row.reason,
        conflicts=msgspec.msgpack.decode(row.conflicts, type=tuple[FieldConflict, ...]),
        resolved=msgspec.msgpack.decode(row.resolved, type=tuple[str, ...]),
    )
