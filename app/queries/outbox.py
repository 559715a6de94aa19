"""The outbox: what the hub has not settled yet, with one plain reason a line."""

from __future__ import annotations

from collections import Counter

import msgspec
from sqlalchemy import Connection, func, select

from app.commands.context import Desk, lease_end
from models.device import get_meta
from models.domain.case import decode_state
from models.domain.catalog import Item
from models.domain.field_words import path_words, value_words
from models.domain.ops import decode_op
from models.projection import open_conflicts
from models.tables import replica as t
from sync.leases import remaining
from sync.protocol import FieldConflict

SLOW_LINE = 32 * 1024  # bytes a second: what 联网后约 reckons with, and says so
UNSETTLED = ("pending", "held", "conflict", "rejected", "quarantined")
_UNDER_WAY = t.case_view.c.status.in_(("open", "received", "supplement", "accepted"))
REASONS = {
    "pending": "等联网；已加密存在本机",
    "held": "中心已收到，等前一件处理完",
    "conflict": "两边都改过，请比对",
    "rejected": "中心退回",
    "quarantined": "中心单独存放，待管理员核查",
}


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case with ops not settled.  ``state`` is the worst of them; ``size`` in bytes."""

    case_id: str
    item_name: str
    number: str
    applicant: str
    state: str
    reason: str
    ops: int
    size: int
    conflicts: int


class ConflictRow(msgspec.Struct, frozen=True, kw_only=True):
    """An open disagreement with all three values.

    ``name`` is what the window calls the field; ``said`` are base, mine and theirs in its words.
    """

    conflict: FieldConflict
    item_name: str
    number: str
    current: str
    name: str
    said: tuple[str, str, str]


class MergedRow(msgspec.Struct, frozen=True, kw_only=True):
    """``flagged``: the hub took the act in as it is and says in ``reason`` what a person should look at, as
    where the same applicant has the same item under way already (DESIGN §3).  Else an act of this desk that the hub joined with another's without asking (DESIGN §3, class B).

    ``fields`` are the paths this desk wrote in it, ``names`` what the window calls them; both sides' values
    stand in the case.
    """

    case_id: str
    item_name: str
    number: str
    kind: str
    fields: tuple[str, ...]
    names: tuple[str, ...]
    reason: str
    at_ms: int
    flagged: bool = False


class PoolFacts(msgspec.Struct, frozen=True, kw_only=True):
    left: int
    granted: int
    used_today: int


def read_outbox(desk: Desk) -> list[OutboxRow]:
    """Cases that want a person first, then the rest in the order they will be sent."""
    with desk.store.read() as conn:
        rows = conn.execute(
            select(
                t.op.c.case_id,
                t.op_status.c.state,
                t.op_status.c.reason,
                func.length(t.op.c.data).label("size"),
                t.case_view.c.item_name,
                t.case_view.c.number,
                t.case_view.c.applicant,
                t.case_view.c.sync,
            )
            .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
            .join(t.case_view, t.case_view.c.case_id == t.op.c.case_id, isouter=True)
            .where(t.op_status.c.state.in_(UNSETTLED))
            .order_by(t.op.c.dseq)
        ).all()
        clashing = Counter(row.case_id for row in open_conflicts(conn))
    merged: dict[str, OutboxRow] = {}
    order = {
        state: rank for rank, state in enumerate(("conflict", "rejected", "quarantined", "held", "pending"))
    }
    for row in rows:
        conflicts = clashing[row.case_id]
        if row.state == "conflict" and not conflicts:
            continue  # a person has settled it; the op itself stays in the history
        if row.state == "rejected" and row.sync in ("synced", "pending"):
            continue  # done again since
        before = merged.get(row.case_id)
        line = OutboxRow(
            case_id=row.case_id,
            item_name=row.item_name or "",
            number=row.number or "",
            applicant=row.applicant or "",
            state=row.state,
            reason=row.reason or REASONS[row.state],
            ops=1 + (before.ops if before else 0),
            size=row.size + (before.size if before else 0),
            conflicts=conflicts,
        )
        if before and order[before.state] <= order[row.state]:
            line = msgspec.structs.replace(line, state=before.state, reason=before.reason)
        merged[row.case_id] = line
    return sorted(merged.values(), key=lambda r: order[r.state] == order["pending"])


def read_conflicts(desk: Desk, case_id: str = "") -> list[ConflictRow]:
    """Open disagreements, of one case or of all."""
    found: list[ConflictRow] = []
    with desk.store.read() as conn:
        for row in open_conflicts(conn, [case_id] if case_id else None):
            clash = msgspec.msgpack.decode(row.data, type=FieldConflict)
            view = conn.execute(
                select(t.case_view.c.state).where(t.case_view.c.case_id == row.case_id)
            ).first()
            state = decode_state(view.state) if view is not None else None
            item = _item(conn, desk, state.catalog_version, state.item_id) if state is not None else None
            values = (clash.base, clash.mine, clash.theirs)
            base, mine, theirs = (value_words(clash.path, value, item) for value in values)
            found.append(
                ConflictRow(
                    conflict=clash,
                    item_name=state.item_name if state else "",
                    number=state.number if state else "",
                    current=state.value(clash.path) if state else clash.theirs,
                    name=path_words(clash.path, item),
                    said=(base, mine, theirs),
                )
            )
    return found


def read_merged(desk: Desk, limit: int = 20) -> list[MergedRow]:
    """What was merged by itself, newest first: nothing to do, but a clerk may want to look."""
    with desk.store.read() as conn:
        rows = conn.execute(
            select(
                t.op.c.case_id,
                t.op.c.data,
                t.op_status.c.state,
                t.op_status.c.reason,
                t.case_view.c.item_name,
                t.case_view.c.number,
            )
            .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
            .join(t.case_view, t.case_view.c.case_id == t.op.c.case_id, isouter=True)
            .where(
                (t.op_status.c.state == "merged")
                | ((t.op_status.c.state == "applied") & (t.op_status.c.reason != "") & _UNDER_WAY)
            )
            .order_by(t.op.c.dseq.desc())
            .limit(limit)
        ).all()
        ops = [decode_op(row.data) for row in rows]
        items = [_item(conn, desk, op.catalog_version, op.item_id) for op in ops]
    found = []
    for row, op, item in zip(rows, ops, items, strict=True):
        found.append(
            MergedRow(
                case_id=row.case_id,
                item_name=row.item_name or "",
                number=row.number or "",
                kind=op.kind,
                fields=tuple(op.changes),
                names=tuple(path_words(path, item) for path in op.changes),
                reason=row.reason,
                at_ms=op.time.wall_ms,
                flagged=row.state == "applied",
            )
        )
    return found


def _item(conn: Connection, desk: Desk, version: str, item_id: str) -> Item | None:
    rules = desk.rulebook.rules(conn, version, item_id)
    return rules.item if rules is not None else None


def read_pool(desk: Desk) -> PoolFacts:
    """What is left of this desk's numbers of the current year."""
    now = desk.clock.now()
    with desk.store.read() as conn:
        left, granted = remaining(conn, desk.device.division, now.day.year)
        used = conn.execute(
            select(func.count())
            .select_from(t.number_use.join(t.case_view, t.case_view.c.case_id == t.number_use.c.case_id))
            .where(t.case_view.c.received_on == now.day.isoformat())
        ).scalar_one()
    return PoolFacts(left=left, granted=granted, used_today=used)


def seconds_to_send(size: int) -> int:
    """How long so many bytes take on a slow line."""
    return -(-size // SLOW_LINE)


def last_sync_ms(desk: Desk) -> int:
    """When the replica was last level with the hub; 0 if never."""
    with desk.store.read() as conn:
        return int(get_meta(conn, "last_sync_ms") or b"0")


def lease_ms(desk: Desk) -> int:
    """Until when (Unix ms) this clerk may work offline here."""
    with desk.store.read() as conn:
        return max(desk.lease.expires_ms, lease_end(conn, desk))
