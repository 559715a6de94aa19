"""一同发证 as the hub sees it: a result handed over while others of its set are still to be decided."""

from __future__ import annotations

from models.domain.case import CaseState
from models.domain.members import member_cases, to_come
from models.domain.ops import Op, OpKind
from sync.hub.audit import raise_alarm
from sync.hub.text import storable
from sync.hub.work import Work

MOST_MEMBERS = 100  # a set names its members itself; no 一件事 has a tenth of that


def note_handed_apart(work: Work, op: Op, state: CaseState | None) -> None:
    """Raise an alarm where a lawful 送达 gave out one result of a set and no wish of the applicant is recorded.

    The desk's command does not do it.  The act stands all the same, for the applicant has it in hand.  A
    member with an act that waits or was sent back says nothing: its desk took it for decided.
    """
    if op.kind != OpKind.DELIVER or op.act.reason.strip() or state is None:
        return
    cases = {
        item: case_id
        for item, case_id in list(member_cases(state).items())[:MOST_MEMBERS]
        if storable(case_id)
    }
    if not cases:
        return
    work.load(list(cases.values()))
    waiting = to_come(state, {item: work.state(case_id) for item, case_id in cases.items()})
    if any(work.unsettled(one.case_id) for one in waiting) or not waiting:
        return
    message = (
        f"这台工作站单独送达了一件事中的一项，还有 {len(waiting)} 项没有决定，也没有记下申请人要分次领取。"
        "送达照记。请管理员核对它的程序，并向申请人说明其余结果怎样领取。"
    )
    raise_alarm(work.conn, work.now_ms, "set_apart", message, scope=work.scope, device=op.device)
