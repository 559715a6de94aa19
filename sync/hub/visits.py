"""一并勘验 at the hub: the clocks of the members stop and go on for the same days, or a person hears of it.

The acts of one visit name its cases, and the last of them is judged.  Where it never comes, what did come is judged
after a day; a desk makes them in one transaction, so only a line that was cut keeps them apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, delete, select

from models.domain.case import CaseState, CaseStatus
from models.domain.members import member_cases
from models.domain.ops import Op, OpKind
from sync.hub import tables as t
from sync.hub.audit import raise_alarm
from sync.hub.database import Hub
from sync.hub.numbers import restored_ms
from sync.hub.prepared import Prepared
from sync.hub.sets import MOST_MEMBERS
from sync.hub.text import storable
from sync.hub.upsert import insert_ignore
from sync.hub.work import Work

WAIT_MS = 24 * 3_600_000
_PART = t.joint_part
_OVERDUE = Prepared(
    select(_PART).where(_PART.c.scope == bindparam("of"), _PART.c.at_ms < bindparam("before"))
)
_DONE = Prepared(
    delete(_PART).where(
        _PART.c.scope == bindparam("of"),
        _PART.c.device == bindparam("by"),
        _PART.c.kind == bindparam("what"),
        _PART.c.digest == bindparam("which"),
    )
)


def note_uneven(work: Work, op: Op, state: CaseState | None) -> None:
    """Raise an alarm where a visit did not stop, or start, the clocks of all its members for the same days.

    Judged at the last act of those that were made together; an earlier one is remembered until then.  The
    catalogue says who is visited.  The stops stand: each is lawful by itself and told in writing.
    """
    together = op.act.later.together
    if op.kind not in (OpKind.PAUSE, OpKind.RESUME) or not together or state is None:
        return
    digest = _digest(together)
    if together[-1] == op.case_id:
        _DONE(work.conn, of=work.scope, by=op.device, what=op.kind, which=digest)
        _judge(work, op.device, together, state)
        return
    row: dict[str, object] = {"scope": work.scope, "device": op.device, "kind": op.kind, "digest": digest}
    row |= {"case_id": op.case_id, "cases": msgspec.msgpack.encode(together), "at_ms": work.now_ms}
    insert_ignore(work.conn, _PART, row)


def tell_unfinished(work: Work) -> None:
    """Judge the visits of the hall whose last act has not come within a day of the hub's time."""
    before = work.now_ms - WAIT_MS
    if restored_ms(work.conn) > before:
        return  # its desks are still offering what a restored hub had lost
    for row in _OVERDUE(work.conn, of=work.scope, before=before).all():
        work.load([row.case_id])
        state = work.state(row.case_id)
        if state is not None:
            _judge(
                work, row.device, msgspec.msgpack.decode(row.cases, type=tuple[str, ...]), state, late=True
            )
        _DONE(work.conn, of=row.scope, by=row.device, what=row.kind, which=row.digest)


def tell_all_unfinished(hub: Hub) -> None:
    """:func:`tell_unfinished` for every hall, also one from which nothing comes any more."""
    with hub.read() as conn:
        scopes = conn.execute(select(_PART.c.scope).distinct().order_by(_PART.c.scope)).scalars().all()
    for scope in scopes:
        with hub.write() as conn:
            tell_unfinished(Work(hub, conn, scope))


def _judge(work: Work, device: str, together: Sequence[str], state: CaseState, *, late: bool = False) -> None:
    if not state.stoppages:
        return
    bundle = work.hub.rulebook.bundle(state.catalog_version, state.value("bundle.id"))
    visited = {m.item for m in bundle.members if m.joint_visit} if bundle is not None else set()
    listed = {case_id for item, case_id in member_cases(state).items() if item in visited}
    ids = [one for one in dict.fromkeys((*together, *sorted(listed))) if storable(one)][:MOST_MEMBERS]
    work.load(ids)
    wanted = _visit(state)
    uneven = [
        one.item_name
        for case_id in ids
        if (one := work.state(case_id)) is not None
        and one.status is CaseStatus.ACCEPTED
        and (late or not work.unsettled(case_id))
        and _visit(one) != wanted
    ]
    if not uneven and len(ids) == len(set(together) | listed) and all(work.state(one) for one in ids):
        return
    which = "、".join(f"“{name}”" for name in uneven[:3]) or "办件写得不全"
    came = "，其余的过了一天还没有送到" if late else ""
    message = (
        f"一并勘验的几项没有按同一段日期暂停、恢复计时{came}：{which}。"
        "各项照记。请核对它们的时限，并向申请人说明。"
    )
    raise_alarm(work.conn, work.now_ms, "set_uneven", message, scope=work.scope, device=device)


def _digest(together: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(together).encode()).hexdigest()


def _visit(state: CaseState) -> tuple[str, str, int, str]:
    """The last stop as the others must have it."""
    if not state.stoppages:
        return ("", "", 0, "")
    one = state.stoppages[-1]
    return (one.procedure, one.start, one.workdays, one.end)
