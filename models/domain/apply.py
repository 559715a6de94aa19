"""The law of a case: ``apply(state, op, rules)``, run at the desk for speed, at the hub for authority.

There is no second implementation.  The function is strict: it takes an op whose base is the given
state.  Ops made on another base go through :func:`models.domain.merge.reconcile` first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from models.domain.after import HANDLERS as AFTER_HANDLERS
from models.domain.after_deferral import AFTER_PROMISES
from models.domain.after_visit import AFTER_VISIT
from models.domain.amend import HANDLERS as AMENDING
from models.domain.attested import day_in_doubt
from models.domain.case import (
    IN_HAND,
    NOTHING_LATER,
    PRE_ACCEPTANCE,
    CaseState,
    CaseStatus,
    Later,
    Notice,
)
from models.domain.catalog import Domain
from models.domain.checklist import failed_points, gaps, needed_materials, wanting_materials
from models.domain.competence import case_competence
from models.domain.correcting import HANDLERS as CORRECTING
from models.domain.correcting import with_note
from models.domain.correction import correction_problem
from models.domain.deadlines import correction_deadline
from models.domain.demands import op_demand
from models.domain.filing import HANDLERS as FILING
from models.domain.hours import service_mark
from models.domain.listed import unlisted_problem
from models.domain.members import ties_problem
from models.domain.numbers import is_valid_number
from models.domain.ops import OP_NAMES, Op, OpKind, RefusalClause
from models.domain.other_system import PREFIX as OTHER_SYSTEM
from models.domain.promises import promised_duties
from models.domain.terms import accepted_from, is_deemed
from models.domain.verdict import Refusal as Refusal
from models.domain.verdict import Rules as Rules
from models.domain.verdict import need_status as _need_status

# The year 9900, so that no limit ends where calendars do, and the widest offset from UTC.
_END_OF_TIME_MS = 250_246_627_200_000
_DAY_MIN = 24 * 60
# Acts whose day starts, stops or ends a limit.
DATING = frozenset(
    {
        OpKind.RECEIVE,
        OpKind.ACCEPT,
        OpKind.SUPPLEMENT,
        OpKind.REFUSE,
        OpKind.WITHDRAW,
        OpKind.VOID,
        *AFTER_HANDLERS,
    }
)


def apply(state: CaseState | None, op: Op, rules: Rules) -> CaseState | Refusal:
    """The state after ``op``, or the reason why it cannot be.  Pure and total."""
    if not 0 <= op.time.wall_ms < _END_OF_TIME_MS or abs(op.time.offset_min) >= _DAY_MIN:
        return Refusal(code="time", message="动作的时间不成立，没有采用。请校时后重办。")
    handler = _HANDLERS.get(op.kind)
    if handler is None:
        return Refusal(code="unknown_kind", message=f"本版程序不认识“{op.kind}”，原样保存，待升级后处理。")
    if state is None:
        if op.kind not in _OPENING:
            return Refusal(code="no_case", message=f"没有这件办件，不能{OP_NAMES[op.kind]}。")
        state = _opened(op, rules)
    elif state.item_id != op.item_id or state.scope != op.scope:
        return Refusal(code="other_case", message="办件编号相同而事项或大厅不同，不能合并。")
    for path, change in op.changes.items():
        if state.value(path) != change.old:
            return Refusal(code="stale", message="办件在别处改过，须先比对。")
    edited = _edited(state, op)
    problem = _number_problem(edited, op) or unlisted_problem(op, rules.item) or ties_problem(op)
    problem = problem or correction_problem(op)
    problem = problem or op_demand(op, rules.item) or _taken_away(state, op, rules)
    if problem is not None:
        return problem
    result = handler(state, edited, op, rules)
    if isinstance(result, CaseState) and op.kind in DATING and day_in_doubt(op.time):
        return msgspec.structs.replace(result, unsure=(*result.unsure, op.op_id))
    return result


def _opened(op: Op, rules: Rules) -> CaseState:
    """A case as nothing has happened to it.  What the item is called is the list's word, not the op's."""
    return CaseState(
        case_id=op.case_id,
        scope=op.scope,
        item_id=op.item_id,
        item_name=rules.item.name if op.item_name else "",
        catalog_version=op.catalog_version,
        device=op.device,
        window=op.window,
        opened_ms=op.time.wall_ms,
    )


def _edited(state: CaseState, op: Op) -> CaseState:
    fields = dict(state.fields)
    for path, change in op.changes.items():
        if change.new:
            fields[path] = change.new
        else:
            fields.pop(path, None)
    return msgspec.structs.replace(
        state,
        fields=fields,
        rev=state.rev + 1,
        staff=op.staff,
        changed_ms=max(state.changed_ms, op.time.wall_ms),
    )


def _number_problem(state: CaseState, op: Op) -> Refusal | None:
    if not op.act.number:
        return None
    if state.number and state.number != op.act.number:
        return Refusal(code="number_twice", message="本办件已有受理编号，不能再编一个。")
    if not is_valid_number(op.act.number):
        return Refusal(code="number_invalid", message="受理编号的校验位对不上，没有采用。")
    return None


def _issued(state: CaseState, op: Op, rules: Rules, status: CaseStatus, **days: str) -> CaseState:
    """The state with a notice recorded and the number or provisional receipt taken over."""
    mark = service_mark(op.time, rules.hours_of(op.scope), rules.calendar)
    notice = Notice(
        op_id=op.op_id,
        kind=op.kind,
        day=op.time.day.isoformat(),
        staff=op.staff,
        device=op.device,
        number=op.act.number or state.number,
        receipt=op.act.receipt or state.receipt,
        clause=op.act.clause,
        reason=op.act.reason,
        redirect=op.act.redirect,
        due_promised=op.act.due_promised,
        due_legal=op.act.due_legal,
        missing=op.act.missing,
        failed_points=tuple(p.text for p in failed_points(rules.item, state.fields))
        if op.kind == OpKind.REFUSE
        else (),
        later=Later(service=mark.value) if mark.value else NOTHING_LATER,
    )
    return msgspec.structs.replace(
        state,
        status=status,
        number=op.act.number or state.number,
        receipt=op.act.receipt or state.receipt,
        received_on=state.received_on or op.time.day.isoformat(),
        service=state.service if state.received_on else mark.value,
        notices=(*state.notices, notice),
        **days,
    )


def _taken_away(state: CaseState, op: Op, rules: Rules) -> Refusal | None:
    """What was in when silence accepted the case cannot be made out to be missing or wrong afterwards."""
    gone = [
        path
        for path, change in op.changes.items()
        if path.startswith("material.") and change.old in IN_HAND and change.new not in IN_HAND
    ]
    if not gone or not is_deemed(state, rules.item, rules.calendar, op.time.day):
        return None
    message = "已过告知期限，依法自收件之日起视为受理，已收的材料不能再记成没有收或者不符合。没有改动。"
    return Refusal(code="deemed_accepted", message=message)


def _save(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    return _need_status(before, op, PRE_ACCEPTANCE) or state


def _identified(state: CaseState, rules: Rules, op: Op) -> Refusal | None:
    open_gaps = [g for g in gaps(rules.item, state.fields, op.time.day) if g.step == "identity"]
    if open_gaps:
        return Refusal(code="identity", message=f"身份信息还差 {len(open_gaps)} 项：{open_gaps[0].label}。")
    return None


def _not_here(state: CaseState, op: Op, rules: Rules) -> Refusal | None:
    """行政许可法 第三十二条第一款第（二）项: outside of the hall's competence, told with where to go."""
    found = case_competence(rules.item, rules.divisions.get(op.scope, ""), state)
    if found.allowed:
        return None
    message = f"{found.reason}，不能在这里{OP_NAMES[op.kind]}。"
    if found.goes_to:
        message += f"请到 {found.goes_to} 的政务服务大厅办理。"
    return Refusal(code="not_competent", message=message)


def _receive(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    problem = _need_status(before, op, frozenset({CaseStatus.OPEN})) or _identified(state, rules, op)
    problem = problem or _not_here(state, op, rules)
    if problem is not None:
        return problem
    if not (op.act.number or op.act.receipt):
        return Refusal(code="no_mark", message="收件须有受理编号或临时收件号。")
    return _issued(state, op, rules, CaseStatus.RECEIVED)


def _accept(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """行政许可法 第三十二条第一款第（五）项: complete and in the statutory form."""
    problem = _need_status(before, op, PRE_ACCEPTANCE) or _not_here(state, op, rules)
    if problem is not None:
        return problem
    open_gaps = gaps(rules.item, state.fields, op.time.day)
    if open_gaps:
        first = open_gaps[0]
        return Refusal(
            code="incomplete",
            message=f"还差 {len(open_gaps)} 项，不能受理：{first.label}（{first.reason}）。",
        )
    if not (op.act.number or state.number):
        return Refusal(code="no_number", message="没有受理编号，不能受理；可以先收件。")
    since = accepted_from(before, rules.item, rules.calendar, op.time.day)
    duties = promised_duties(rules.item, state.fields, op.time.day, rules.calendar, since)
    if isinstance(duties, Refusal):
        return duties
    accepted = _issued(state, op, rules, CaseStatus.ACCEPTED, accepted_on=since)
    return msgspec.structs.replace(accepted, duties=(*state.duties, *duties))


def _supplement(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """一次性告知, 行政许可法 第三十二条第一款第（四）项: once, within five days, everything missing."""
    problem = _need_status(
        before, op, frozenset({CaseStatus.OPEN, CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT})
    )
    if problem is None and before.supplemented_on:
        problem = Refusal(
            code="once", message=f"已于 {before.supplemented_on} 一次性告知过，依法不能再次告知。"
        )
    problem = problem or _identified(state, rules, op) or _not_here(state, op, rules)
    if problem is not None:
        return problem
    named = [line.material for line in op.act.missing]
    listed = {m.id for m in needed_materials(rules.item, state.answers)}
    wanting = {m.id: m.name for m in wanting_materials(rules.item, state.fields)}
    unlisted = [line.name for line in op.act.missing if line.material not in listed]
    if unlisted:
        return Refusal(code="not_listed", message=f"实施清单里没有“{unlisted[0]}”，不能要求提供。")
    if not named:
        return Refusal(code="nothing_missing", message="材料已经齐全，没有需要告知补正的内容。")
    unnamed = [name for key, name in wanting.items() if key not in named]
    if unnamed:
        return Refusal(code="not_all", message=f"一次性告知须写全：还有“{unnamed[0]}”没有写入。")
    if [key for key in named if key not in wanting] or len(set(named)) != len(named):
        return Refusal(code="not_missing", message="已收齐的材料不能再要求补正。")
    if any(not line.reason.strip() for line in op.act.missing):
        return Refusal(code="reason", message="每份待补材料都要写明原因。")
    if before.received_on:
        # 不动产登记暂行条例: what is missing is told in writing on the spot, or the case counts as accepted.
        on_the_spot = rules.item.domain is Domain.REAL_ESTATE
        last = correction_deadline(before.received_on, rules.calendar, on_the_spot=on_the_spot)
        if op.time.day > last:
            return Refusal(
                code="deemed_accepted",
                message=f"已过告知期限（{last.isoformat()}），依法自收件之日起视为受理，不能再告知补正。",
            )
    return _issued(state, op, rules, CaseStatus.SUPPLEMENT, supplemented_on=op.time.day.isoformat())


def _refuse(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """不予受理, 行政许可法 第三十二条第一款第（一）（二）项; it stands on a failed review point."""
    problem = _need_status(before, op, PRE_ACCEPTANCE) or _identified(state, rules, op)
    if problem is not None:
        return problem
    if op.act.clause not in set(RefusalClause):
        return Refusal(code="clause", message="不予受理须选定法定理由。")
    if not op.act.reason.strip():
        return Refusal(code="reason", message="不予受理须写明具体理由。")
    if op.act.clause == RefusalClause.NOT_COMPETENT and not op.act.redirect.strip():
        return Refusal(code="redirect", message="不属于本机关职权范围的，须告知申请人向哪个机关申请。")
    failed = {point.id for point in failed_points(rules.item, state.fields)}
    ground = {RefusalClause.NOT_NEEDED: "G1", RefusalClause.NOT_COMPETENT: "G2"}.get(
        RefusalClause(op.act.clause)
    )
    if (ground and ground not in failed) or not failed:
        return Refusal(code="no_failed_point", message="没有“不符合”的审查要点，不能不予受理。")
    # Silence makes up for no missing permit duty and for no missing competence, only for incompleteness.
    if ground is None and is_deemed(before, rules.item, rules.calendar, op.time.day):
        message = "已过告知期限，依法自收件之日起视为受理，不能再不予受理。不符合条件的，请作出不予决定。"
        return Refusal(code="deemed_accepted", message=message)
    return _issued(state, op, rules, CaseStatus.REFUSED, closed_on=op.time.day.isoformat())


def _withdraw(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    problem = _need_status(before, op, frozenset({*PRE_ACCEPTANCE, CaseStatus.ACCEPTED}))
    if problem is not None:
        return problem
    if not op.act.reason.strip():
        return Refusal(code="reason", message="撤回须写明申请人的理由。")
    if op.changes and before.status not in PRE_ACCEPTANCE:
        return Refusal(code="no_edit", message="撤回不能同时改动已受理的内容，没有撤回。")
    closed = msgspec.structs.replace(state, status=CaseStatus.WITHDRAWN, closed_on=op.time.day.isoformat())
    return with_note(closed, op, f"申请人撤回：{op.act.reason}")


def _void(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    problem = _need_status(before, op, frozenset({CaseStatus.OPEN}))
    if problem is not None:
        return problem
    return msgspec.structs.replace(state, status=CaseStatus.VOIDED, closed_on=op.time.day.isoformat())


def _note(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """备注, at any time; with it comes at most the number that a department's own system gave (回填)."""
    if not op.act.text.strip():
        return Refusal(code="empty", message="备注没有内容。")
    if any(not path.startswith(OTHER_SYSTEM) for path in op.changes):
        return Refusal(code="note_fields", message="备注不能改办件的内容，没有采用。要改的请用更正。")
    return with_note(state, op, op.act.text)


def _take_number(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """换发编号: a case received under a provisional mark gets its official number; the mark stays on record."""
    if before.number:
        return Refusal(code="numbered", message="本办件已有受理编号，不再换发。")
    if not before.receipt:
        return Refusal(code="no_receipt", message="本办件没有临时收件号，不用换发编号。")
    if not op.act.number:
        return Refusal(code="no_number", message="没有受理编号，不能换发。")
    if op.changes:
        return Refusal(code="no_edit", message="换发编号不能同时改动办件的内容，没有换发。")
    return msgspec.structs.replace(state, number=op.act.number)


_Handler = Callable[[CaseState, CaseState, Op, Rules], CaseState | Refusal]
_OPENING = frozenset(
    {
        OpKind.SAVE, OpKind.RECEIVE, OpKind.ACCEPT, OpKind.SUPPLEMENT, OpKind.REFUSE, OpKind.ATTACH,
        OpKind.AMEND,
    }
)  # fmt: skip
_HANDLERS: Mapping[str, _Handler] = {
    OpKind.SAVE: _save,
    OpKind.RECEIVE: _receive,
    OpKind.ACCEPT: _accept,
    OpKind.SUPPLEMENT: _supplement,
    OpKind.REFUSE: _refuse,
    OpKind.WITHDRAW: _withdraw,
    OpKind.NOTE: _note,
    OpKind.VOID: _void,
    OpKind.NUMBER: _take_number,
    **CORRECTING,
    **FILING,
    **AMENDING,
    **AFTER_HANDLERS,
    **AFTER_PROMISES,
    **AFTER_VISIT,
}
