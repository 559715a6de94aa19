"""The acts that follow receipt and acceptance: each puts a dated fact into the ledger of the case.

All are precondition acts (class D): the first valid one wins, the other goes to a person.  None but 补齐
(materials) and 决定 (review points) touches what was entered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from models.domain.case import IN_HAND, CaseState, CaseStatus, Notice, Prolonged, Stoppage
from models.domain.catalog import Item, ItemKind
from models.domain.checklist import failed_points, gaps, wanting_materials
from models.domain.notice_basis import notice_basis
from models.domain.ops import OP_NAMES, Op, OpKind
from models.domain.procedures import Decision, DeliveryWay, Procedure, procedure_name
from models.domain.promises import silent_duties
from models.domain.stoppages import cap_left, procedure_cap
from models.domain.terms import (
    LONGEST,
    extension_basis,
    extension_limit,
    is_deemed,
    limits_of,
    pause_basis,
    since,
    stopped,
)
from models.domain.trust_kept import grant_objection
from models.domain.verdict import Refusal, Rules, need_status
from models.domain.workdays import day_cn

AFTER = frozenset(
    {
        OpKind.SUPPLIED,
        OpKind.DEEM,
        OpKind.PAUSE,
        OpKind.RESUME,
        OpKind.EXTEND,
        OpKind.DECIDE,
        OpKind.DELIVER,
    }
)
# Judging a case is the reviewer's; a case done on the spot is decided by who takes it in.
_REVIEWING = frozenset({OpKind.PAUSE, OpKind.RESUME, OpKind.EXTEND, OpKind.DECIDE})
_REVIEWERS = frozenset({"reviewer", "lead"})
_AT_THE_WINDOW = frozenset({"window", "agent", *_REVIEWERS})
# What each act may change of what was entered; the others change nothing.
_MAY_EDIT: Mapping[str, tuple[str, ...]] = {
    OpKind.SUPPLIED: ("material.", "point.", "form.", "applicant.", "agent."),
    OpKind.DECIDE: ("point.",),
}
_ACCEPTED = frozenset({CaseStatus.ACCEPTED})


def role_problem(kind: str, roles: Collection[str], item: Item) -> str:
    """Why somebody with these roles may not do the act, "" where they may."""
    if kind not in AFTER:
        return ""
    instant = kind == OpKind.DECIDE and item.kind is ItemKind.INSTANT
    wanted = _REVIEWERS if kind in _REVIEWING and not instant else _AT_THE_WINDOW
    if wanted.intersection(roles):
        return ""
    who = "审查人员或者组长" if wanted is _REVIEWERS else "窗口、审查人员或者组长"
    return f"{OP_NAMES[kind]}由{who}办理，您的角色办不了。办件没有改动。"


def _not_before(op: Op, day: str, what: str) -> Refusal | None:
    if day and op.time.day.isoformat() < day:
        return Refusal(code="day_before", message=f"日期不能早于{what}（{day}）。请核对本机时间。")
    return None


def _edits(op: Op) -> Refusal | None:
    allowed = _MAY_EDIT.get(op.kind, ())
    if any(not path.startswith(allowed) if allowed else True for path in op.changes):
        return Refusal(code="no_edit", message=f"{OP_NAMES[op.kind]}不能同时改动已填的内容。")
    return None


def _reason(op: Op) -> Refusal | None:
    if op.act.reason.strip():
        return None
    return Refusal(code="reason", message=f"{OP_NAMES[op.kind]}须写明原因。")


def _told(state: CaseState, op: Op, basis: str = "", **facts: object) -> CaseState:
    """The state with the written notice of the act recorded."""
    act = op.act
    notice = Notice(
        op_id=op.op_id,
        kind=op.kind,
        day=op.time.day.isoformat(),
        staff=op.staff,
        device=op.device,
        number=state.number,
        receipt=state.receipt,
        reason=act.reason,
        due_promised=act.due_promised,
        due_legal=act.due_legal,
        # With whom it was done is the act's; a program that does not know it must come to the same state.
        later=msgspec.structs.replace(act.later, basis=basis or act.later.basis, together=()),
    )
    notice = msgspec.structs.replace(notice, **facts)
    return msgspec.structs.replace(state, notices=(*state.notices, notice))


def _supplied(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """补齐: everything the one notice named is in; the limit runs from this day.

    行政许可法 第三十二条第一款第（五）项: with all of it handed in, the application is to be accepted.
    Where silence made the acceptance see :func:`_handed_in`.
    """
    if before.status is CaseStatus.ACCEPTED and before.deemed:
        return _handed_in(before, state, op, rules)
    problem = (
        need_status(before, op, frozenset({CaseStatus.SUPPLEMENT}))
        or _edits(op)
        or _not_before(op, before.supplemented_on, "一次性告知")
    )
    if problem is not None:
        return problem
    wanting = wanting_materials(rules.item, state.fields)
    if wanting:
        text = f"还有 {len(wanting)} 份没有收齐：{wanting[0].name}。没有登记补齐；已收的可以先暂存。"
        return Refusal(code="still_missing", message=text)
    return msgspec.structs.replace(state, status=CaseStatus.RECEIVED, complete_on=op.time.day.isoformat())


def _handed_in(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """补交 after 视为受理: what the office may no longer ask for, the applicant may still bring; no clock moves.

    Part of it may come, and nothing that was in can be taken away by it.
    """
    if any(not path.startswith("material.") for path in op.changes):
        return Refusal(code="no_edit", message="登记补交只能改材料的收取情况。")
    problem = _not_before(op, before.accepted_on, "受理")
    if problem is not None:
        return problem
    wanted = {material.id for material in wanting_materials(rules.item, before.fields)}
    wanting = {material.id for material in wanting_materials(rules.item, state.fields)}
    if not wanting < wanted:
        return Refusal(code="nothing_new", message="没有新收到的材料，没有登记。请核对收取情况。")
    marks = {path: change.new for path, change in op.changes.items() if not path.endswith(".note")}
    if any(mark not in IN_HAND for mark in marks.values()):
        return Refusal(code="not_in_hand", message="补交的材料须已经收到，没有登记。请写明怎样收取的。")
    return state


def _deem(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """视为受理: what the law made of silence, on record.  It counts from the receipt, not from today.

    行政许可法 第三十二条第一款第（四）项: 逾期不告知的，自收到申请材料之日起即为受理.
    """
    problem = need_status(before, op, frozenset({CaseStatus.RECEIVED})) or _edits(op)
    if problem is not None:
        return problem
    if not is_deemed(before, rules.item, rules.calendar, op.time.day):
        return Refusal(
            code="not_deemed", message="告知期限还没有过，不是视为受理。请受理或者一次性告知补正。"
        )
    start = since(before)
    owed = silent_duties(rules.item, state.fields, start, rules.calendar)
    deemed = msgspec.structs.replace(
        state, status=CaseStatus.ACCEPTED, accepted_on=start, deemed=True, duties=(*state.duties, *owed)
    )
    # Acts of earlier programs told nobody; replayed, they give the state that they gave then.
    if not op.act.later.basis:
        return deemed
    return _told(deemed, op, basis=notice_basis(rules.item, op.kind))


def _pause(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """特别程序 (行政许可法 第四十五条: the time needed is told in writing) or 挂起, with its basis."""
    problem = (
        need_status(before, op, _ACCEPTED)
        or _edits(op)
        or _not_before(op, before.accepted_on, "受理")
        or _reason(op)
    )
    if problem is not None:
        return problem
    if stopped(before) is not None:
        return Refusal(code="paused", message="时限已经暂停，不能再暂停一次。请先恢复计时。")
    if op.act.later.procedure not in set(Procedure):
        return Refusal(code="procedure", message="请选定暂停计时的程序。")
    procedure = Procedure(op.act.later.procedure)
    if not 1 <= op.act.later.workdays <= LONGEST:
        return Refusal(code="time_needed", message="须书面告知所需的时间，请写工作日数。")
    basis = pause_basis(rules.item, procedure, op.act.later.basis)
    if not basis:
        name = procedure_name(procedure)
        return Refusal(code="basis", message=f"清单没有把{name}列为不计入时限的环节，须写明依据。")
    problem = _over_cap(before, op, rules) or _overdue(before, op, rules)
    if problem is not None:
        return problem
    one = Stoppage(
        op_id=op.op_id,
        procedure=procedure.value,
        start=op.time.day.isoformat(),
        workdays=op.act.later.workdays,
        reason=op.act.reason,
        basis=basis,
    )
    return _told(msgspec.structs.replace(state, stoppages=(*state.stoppages, one)), op, basis=basis)


def _resume(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """恢复计时: from this day on the clock runs again (see :mod:`models.domain.stoppages`)."""
    problem = need_status(before, op, _ACCEPTED) or _edits(op)
    if problem is not None:
        return problem
    one = stopped(before)
    if one is None:
        return Refusal(code="not_paused", message="时限没有暂停，不用恢复。")
    problem = _not_before(op, one.start, "暂停")
    if problem is not None:
        return problem
    ended = msgspec.structs.replace(one, end=op.time.day.isoformat())
    return msgspec.structs.replace(
        state, stoppages=tuple(ended if s.op_id == one.op_id else s for s in state.stoppages)
    )


def _extend(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """延期 (行政许可法 第四十二条): once, before the limit is over, approved, with the reasons told."""
    problem = need_status(before, op, _ACCEPTED) or _edits(op) or _reason(op)
    if problem is not None:
        return problem
    most = extension_limit(rules.item)
    if not most:
        return Refusal(code="no_extension", message="清单没有写明本事项可以延期的依据，不能延期。")
    if before.prolonged:
        return Refusal(code="extended", message="本办件已经延期过，依法只能延一次。")
    if not 1 <= op.act.later.workdays <= most:
        return Refusal(code="too_long", message=f"延期可以是 1 到 {most} 个工作日，不能更长。")
    if not op.act.later.approver.strip():
        return Refusal(code="approver", message="延期须经负责人批准，请写明批准人。")
    if stopped(before) is not None:
        return Refusal(code="paused", message="时限已经暂停，恢复计时以后才能延期。")
    problem = _overdue(before, op, rules)
    if problem is not None:
        return problem
    basis = extension_basis(rules.item)
    one = Prolonged(
        op_id=op.op_id,
        day=op.time.day.isoformat(),
        workdays=op.act.later.workdays,
        approver=op.act.later.approver,
        reason=op.act.reason,
        basis=basis,
    )
    return _told(msgspec.structs.replace(state, prolonged=(*state.prolonged, one)), op, basis=basis)


def _decide(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """准予 when every review point is met and nothing is owed that must come first, 不予 only on one that is not, and with reasons."""
    problem = need_status(before, op, _ACCEPTED) or _edits(op) or _not_before(op, before.accepted_on, "受理")
    if problem is not None:
        return problem
    if stopped(before) is not None:
        return Refusal(code="paused", message="时限已经暂停，恢复计时以后才能作出决定。")
    if op.act.later.decision not in set(Decision):
        return Refusal(code="decision", message="请选定准予还是不予。")
    failed = failed_points(rules.item, state.fields)
    if op.act.later.decision == Decision.DENY:
        if not failed:
            return Refusal(code="no_failed_point", message="审查要点没有“不符合”的，不能作出不予决定。")
        problem = _reason(op)
        if problem is not None:
            return problem
    else:
        open_gaps = [
            g for g in gaps(rules.item, state.fields, op.time.day) if g.step in ("materials", "points")
        ]
        if open_gaps:
            first = open_gaps[0]
            text = f"还有 {len(open_gaps)} 项没有过，不能准予：{first.label}（{first.reason}）。"
            return Refusal(code="open_points", message=text)
        problem = grant_objection(before)
        if problem is not None:
            return problem
    day = op.time.day.isoformat()
    decided = msgspec.structs.replace(
        state, status=CaseStatus.DECIDED, decided_on=day, closed_on=day, decision=op.act.later.decision
    )
    return _told(decided, op, failed_points=tuple(p.text for p in failed))


def _deliver(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """送达 of the decision: how, to whom, on which day."""
    problem = (
        need_status(before, op, frozenset({CaseStatus.DECIDED}))
        or _edits(op)
        or _not_before(op, before.decided_on, "决定")
    )
    if problem is not None:
        return problem
    if op.act.later.way not in set(DeliveryWay):
        return Refusal(code="way", message="请选定送达的方式。")
    if not op.act.later.recipient.strip():
        return Refusal(code="recipient", message="请写明由谁签收。")
    day = op.time.day.isoformat()
    return _told(msgspec.structs.replace(state, status=CaseStatus.DELIVERED, delivered_on=day), op)


def _over_cap(state: CaseState, op: Op, rules: Rules) -> Refusal | None:
    """The time needed may not be told longer than the list caps it, with what was used before."""
    procedure = op.act.later.procedure
    cap, left = (
        procedure_cap(rules.item, procedure),
        cap_left(state, rules.item, procedure, rules.calendar),
    )
    if cap is None or left is None or op.act.later.workdays <= left:
        return None
    name, most = procedure_name(procedure), cap[0]
    used = f"，已经用了 {most - left} 个" if left < most else ""
    rest = f"请写 1 到 {left}。" if left else "请尽快作出决定。"
    message = (
        f"{name}依清单不超过 {most} 个工作日{used}，不能再告知 {op.act.later.workdays} 个。没有暂停。{rest}"
    )
    return Refusal(code="cap", message=message)


def _overdue(state: CaseState, op: Op, rules: Rules) -> Refusal | None:
    """A limit that is over can be neither stopped nor prolonged."""
    limits = limits_of(state, rules.item, rules.calendar, dt.date.fromisoformat(state.accepted_on))
    last = max((limit.deadline.due for limit in limits), default=None)
    if last is None or op.time.day <= last:
        return None
    text = f"办结期限（{day_cn(last)}）已过，不能再{OP_NAMES[op.kind]}。请尽快作出决定。"
    return Refusal(code="overdue", message=text)


def printed_limits(
    accepted_on: str, stoppages: Sequence[Stoppage], added: int, rules: Rules
) -> tuple[str, str]:
    """The promised and the legal day as a notice prints them, ISO 8601, "" where the list settles none.

    Of a case that counts as accepted from ``accepted_on``, with ``added`` workdays of 延期.
    """
    longer = Prolonged(op_id="", day=accepted_on, workdays=max(added, 0), approver="", reason="")
    state = CaseState(
        case_id="",
        scope="",
        item_id=rules.item.id,
        item_name="",
        catalog_version="",
        stoppages=tuple(stoppages),
        prolonged=(longer,) if added else (),
    )
    limits = limits_of(state, rules.item, rules.calendar, dt.date.fromisoformat(accepted_on))
    days = {one.name: one.deadline.due.isoformat() for one in limits}
    return days.get("承诺", ""), days.get("法定", "")


Handler = Callable[[CaseState, CaseState, Op, Rules], CaseState | Refusal]
HANDLERS: Mapping[str, Handler] = {
    OpKind.SUPPLIED: _supplied,
    OpKind.DEEM: _deem,
    OpKind.PAUSE: _pause,
    OpKind.RESUME: _resume,
    OpKind.EXTEND: _extend,
    OpKind.DECIDE: _decide,
    OpKind.DELIVER: _deliver,
}
