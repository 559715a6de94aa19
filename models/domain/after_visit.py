"""Acts about the visit: 评价 (only the visitor's own), 服务登记, and what follows a 差评.

All append (class A).  One that comes second gives way to the first (:data:`models.domain.merge.GIVES_WAY`):
a visit is rated once, and no person has to settle anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import msgspec

from models.domain.case import STATUS_NAMES, CaseState, CaseStatus
from models.domain.deadlines import due_date
from models.domain.duties import Duty, DutyKind, find_duty
from models.domain.ops import OP_NAMES, Op, OpKind
from models.domain.verdict import Refusal, Rules
from models.domain.visit import (
    DEFAULT_DAYS,
    LEVELS,
    MOST_DAYS,
    SERVICE_PATHS,
    Answer,
    Rating,
    VisitFacts,
    rating_problem,
    same_visit,
)

_MOST_PIECES, _DEAREST_FEN = 10_000, 1_000_000
_LONGEST_NAME = 40


def _told(op: Op) -> VisitFacts:
    return op.act.visit or VisitFacts()


def _rate(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """评价.  Whether it really came from the visitor is proved beside the law, by its signature."""
    rating = _told(op).rating
    problem = "没有评价的内容，没有记录。" if rating is None else rating_problem(rating)
    if rating is None or problem:
        return Refusal(code="rating", message=problem)
    if op.changes:
        return Refusal(code="no_edit", message="评价不能同时改动办件，没有记录。")
    notice = next((n for n in before.notices if n.op_id == rating.about), None)
    kept = msgspec.structs.replace(
        rating,
        day=notice.day if notice is not None else rating.day,
        served=notice.staff if notice is not None else "",
        op_id=op.op_id,
        at_ms=op.time.wall_ms,
    )
    if any(same_visit(one, kept) for one in before.ratings):
        return Refusal(code="rated", message="这一次办理申请人已经评价过，一次一评，以先评的为准。")
    # Whoever's machine took it in, the case stays with who served.
    rated = msgspec.structs.replace(state, staff=before.staff, ratings=(*state.ratings, kept))
    if kept.good:
        return rated
    return msgspec.structs.replace(rated, duties=(*rated.duties, _follow_up(kept, op, rules)))


def _follow_up(rating: Rating, op: Op, rules: Rules) -> Duty:
    """差评 → an open task within the hall's days, never more than the ceiling."""
    days = rating.days or DEFAULT_DAYS
    return Duty(
        id=f"{DutyKind.RATING}:{rating.op_id}",
        kind=DutyKind.RATING,
        due=due_date(op.time.day, days, rules.calendar).due.isoformat(),
        days=days,
        name=f"{rating.day} {LEVELS[rating.level]}",
        staff=rating.served,
    )


def _respond(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """差评整改: what was done about it, once; 列入台账 keeps it open until the day promised."""
    told, trust = _told(op), op.act.trust
    duty = find_duty(before.duties, trust.duty if trust is not None else "")
    if duty is None or duty.kind != DutyKind.RATING:
        return Refusal(code="no_duty", message="本办件没有这一条差评，没有记录。")
    if not duty.open:
        return Refusal(code="duty_done", message=f"这条差评已于 {duty.done_on} 办结，不用再办。")
    if op.changes:
        return Refusal(code="no_edit", message="差评整改不能同时改动办件，没有记录。")
    if told.answer not in set(Answer) or not op.act.text.strip():
        return Refusal(code="answer", message="请选定怎样处理的，并写明回访和整改的情况。")
    today = op.time.day
    later = told.answer == Answer.LEDGER
    if later and not _within(told.due, today, rules):
        text = f"列入台账要写明整改期限，从今天起最长 {MOST_DAYS} 个工作日。"
        return Refusal(code="due_day", message=text)
    done = msgspec.structs.replace(
        duty,
        due=told.due if later else duty.due,
        done_on="" if later else today.isoformat(),
        op_id=op.op_id,
        staff=op.staff,
        finding=told.answer,
        found=op.act.text.strip(),
    )
    duties = tuple(done if one.id == duty.id else one for one in state.duties)
    return msgspec.structs.replace(state, duties=duties)


def _within(text: str, today: dt.date, rules: Rules) -> bool:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return False
    return today <= day <= due_date(today, MOST_DAYS, rules.calendar).due


def _serve(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """服务登记: marks of the visit, steps ticked, something done free of charge; never holds up a case."""
    if before.status is CaseStatus.VOIDED:
        name = OP_NAMES[op.kind]
        return Refusal(code="status", message=f"本办件{STATUS_NAMES[before.status]}，不能再{name}。")
    if any(not path.startswith(SERVICE_PATHS) for path in op.changes):
        return Refusal(code="no_edit", message="服务登记不能改动办件的内容，没有记录。")
    given = _told(op).given
    if given is None:
        if op.changes:
            return state
        return Refusal(code="nothing", message="没有要登记的服务，没有记录。")
    fits = 1 <= given.count <= _MOST_PIECES and 0 <= given.unit_fen <= _DEAREST_FEN
    if not fits or not given.kind.strip() or len(given.name) > _LONGEST_NAME:
        return Refusal(code="given", message=f"免费服务的数量要在 1 到 {_MOST_PIECES} 之间，没有记录。")
    kept = msgspec.structs.replace(given, op_id=op.op_id, day=op.time.day.isoformat(), staff=op.staff)
    return msgspec.structs.replace(state, given=(*state.given, kept))


AFTER_VISIT: Mapping[str, Callable[[CaseState, CaseState, Op, Rules], CaseState | Refusal]] = {
    OpKind.RATE: _rate,
    OpKind.RESPOND: _respond,
    OpKind.SERVE: _serve,
}
