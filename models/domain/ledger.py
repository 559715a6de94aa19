"""The clock of a case: which day started it, what stopped it, when it ends, and on which article.

Everything here follows from recorded acts, so it is never stored: a calendar imported later gives the
final days without a new act.  Desk and hub run the same functions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

import msgspec

from models.domain.case import CaseState, CaseStatus, Prolonged, Stoppage
from models.domain.catalog import Domain, Item
from models.domain.correction import LAPSED_CHOICES, correct_by, lapsed_on
from models.domain.deadlines import DayCell, day_cells
from models.domain.hours import SERVICE_NAMES, ServiceMark
from models.domain.procedures import (
    DECISION_NAMES,
    LAW_32_4,
    LAW_32_5,
    LAW_44,
    REAL_ESTATE_RULE,
    Decision,
    procedure_name,
)
from models.domain.stoppages import pauses_of, procedure_cap, spans_of, told_until
from models.domain.terms import (
    Limit,
    as_extension,
    binding_limit,
    delivered_by,
    is_deemed,
    is_permit,
    limits_of,
    since,
    stopped,
    tell_by,
)
from models.domain.workdays import Calendar, day_cn

_CLOSED = frozenset({CaseStatus.REFUSED, CaseStatus.WITHDRAWN, CaseStatus.VOIDED})

# In which a clock tells something: an answer, a decision or a delivery is owed, or a correction may lapse.
WATCHED = (CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT, CaseStatus.ACCEPTED, CaseStatus.DECIDED)


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded fact of the clock.  ``kind`` is an act kind or ``due``, ``cap``, ``recomputed``, ``lapsed``, ``doubt``."""

    kind: str
    day: str
    text: str
    basis: str = ""


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """``phase``: none, telling (received, not yet answered), waiting (for the applicant), running,
    paused, decided, delivered, closed.

    ``due`` is the day that binds now: the promised one until the limit is extended.  ``left`` counts the
    workdays still to go to it (or, while telling, to ``tell_by``; decided, to ``deliver_by``; paused, to
    ``resume_by``, when the time told in writing is over), negative once it is past, None where nothing runs.
    ``correct_by``: while waiting, the last day the applicant was told; ``lapsed``: it is past, so a person
    decides, though the office is late with nothing.
    ``unconfirmed``: a day rests on this desk's clock alone.  ``deemed``: the law counts the case as accepted, whether or not that is on record.
    """

    phase: str
    start: dt.date | None = None
    due: dt.date | None = None
    left: int | None = None
    tell_by: dt.date | None = None
    deliver_by: dt.date | None = None
    resume_by: dt.date | None = None
    correct_by: dt.date | None = None
    lapsed: bool = False
    provisional: bool = False
    unconfirmed: bool = False
    deemed: bool = False
    limits: tuple[Limit, ...] = ()
    binding: Limit | None = None
    lines: tuple[LedgerLine, ...] = ()

    @property
    def overdue(self) -> bool:
        return self.left is not None and self.left < 0


def case_clock(
    state: CaseState | None,
    item: Item,
    calendar: Calendar,
    today: dt.date,
    undecided: Collection[str] = (),
) -> Clock:
    """The clock of a case as of ``today``.  ``state`` None: as if it were accepted today.

    ``undecided`` are ids of acts that the hub has not taken in yet: a day that rests on one of them
    and that the desk cannot vouch for is marked unconfirmed.
    """
    if state is None or state.status is CaseStatus.OPEN:
        return _running(_accepted_today(item, today), item, calendar, today, "none")
    doubt = tuple(op_id for op_id in state.unsure if op_id in undecided)
    if state.status in _CLOSED:
        clock = Clock(phase="closed", lines=tuple(_told(state, item)))
    elif state.accepted_on:
        clock = _running(state, item, calendar, today, _phase(state, item, calendar, today))
    elif is_deemed(state, item, calendar, today):
        clock = _running(
            msgspec.structs.replace(state, accepted_on=since(state)), item, calendar, today, "running"
        )
        clock = msgspec.structs.replace(clock, deemed=True)
    else:
        last = tell_by(state, item, calendar)
        clock = Clock(
            phase="telling" if last is not None else "waiting",
            tell_by=last,
            left=calendar.between(today, last) if last is not None else None,
            correct_by=correct_by(state) if last is None else None,
            lapsed=last is None and lapsed_on(state, today) is not None,
            provisional=last is not None and not calendar.known(last),
            lines=(*_told(state, item), *_silence(item, last), *_lapsed(state, today)),
        )
    if doubt:
        text = "这一天由本机的时钟记下，前后可能差一天，待中心确认"
        line = LedgerLine(kind="doubt", day="", text=text)
        clock = msgspec.structs.replace(clock, unconfirmed=True, lines=(*clock.lines, line))
    return clock


def clock_cells(
    state: CaseState | None, item: Item, calendar: Calendar, today: dt.date
) -> tuple[DayCell, ...]:
    """Cells of the deadline strip for the limit that binds; none where no limit is settled."""
    clock = case_clock(state, item, calendar, today)
    limit = clock.binding
    if limit is None or clock.start is None or limit.workdays == 0:
        return ()
    pauses = pauses_of(state, item, calendar, clock.start, today) if state is not None else []
    added = [as_extension(one) for one in state.prolonged] if state is not None else []
    return day_cells(clock.start, limit.workdays, calendar, pauses=pauses, extensions=added)


def _accepted_today(item: Item, today: dt.date) -> CaseState:
    return CaseState(
        case_id="",
        scope="",
        item_id=item.id,
        item_name=item.name,
        catalog_version="",
        accepted_on=today.isoformat(),
    )


def _phase(state: CaseState, item: Item, calendar: Calendar, today: dt.date) -> str:
    if state.status is CaseStatus.DELIVERED:
        return "delivered"
    if state.status is CaseStatus.DECIDED:
        return "decided"
    one = stopped(state)
    cap = _capped(one, state, item, calendar) if one is not None else None
    return "paused" if one is not None and (cap is None or today <= cap) else "running"


def _running(state: CaseState, item: Item, calendar: Calendar, today: dt.date, phase: str) -> Clock:
    """The clock of an accepted case (or, phase none, of one that might be accepted today)."""
    start = dt.date.fromisoformat(state.accepted_on)
    limits = limits_of(state, item, calendar, start, today)
    main = binding_limit(state, limits)
    due = main.deadline.due if main is not None else None
    deliver_by = delivered_by(state, item, calendar)
    left: int | None = None
    resume_by: dt.date | None = None
    if phase == "running" and due is not None:
        left = calendar.between(today, due)
    elif phase == "decided" and deliver_by is not None:
        left = calendar.between(today, deliver_by)
    elif phase == "paused" and (until := _stopped_until(state, item, calendar)) is not None:
        resume_by, left = until, calendar.between(today, until)
    lines = [*_told(state, item)] if phase != "none" else []
    lines += _accepted(state, item) if phase != "none" else []
    lines += [line for one in state.stoppages for line in _stop_lines(one, state, item, calendar, today)]
    lines += [_prolonged_line(one) for one in state.prolonged]
    lines += _recomputed(state, limits) if phase in ("running", "paused") else []
    for limit in limits:
        if limit is main and phase not in ("decided", "delivered"):
            lines += _counted(state, limit)
        told = limit.deadline.explanation[-1].removeprefix("办结期限：")  # its name says it already
        text = f"{limit.name}时限：{told}"
        lines.append(LedgerLine(kind="due", day=limit.deadline.due.isoformat(), text=text))
    lines += _ended(state, due, deliver_by)
    return Clock(
        phase=phase,
        start=start,
        due=due,
        left=left,
        deliver_by=deliver_by,
        resume_by=resume_by,
        provisional=_provisional(main, deliver_by, calendar, phase),
        limits=limits,
        binding=main,
        deemed=state.deemed,
        lines=tuple(lines),
    )


def _provisional(main: Limit | None, deliver_by: dt.date | None, calendar: Calendar, phase: str) -> bool:
    """Whether the day that is still to come lies where no calendar is announced yet."""
    if phase == "decided":
        return deliver_by is not None and not calendar.known(deliver_by)
    return main is not None and main.deadline.provisional and phase in ("none", "running", "paused")


def _told(state: CaseState, item: Item) -> Iterator[LedgerLine]:
    """Receipt, the one notice, and the day the set was complete."""
    if state.received_on:
        day = dt.date.fromisoformat(state.received_on)
        mark = ServiceMark(state.service) if state.service in set(ServiceMark) else ServiceMark.REGULAR
        note = f"（{SERVICE_NAMES[mark]}，收件日不变）" if mark else ""
        yield LedgerLine(kind="receive", day=state.received_on, text=f"{day_cn(day)} 收件{note}")
    if state.supplemented_on:
        last = correct_by(state)
        until = f"，补正期限到 {day_cn(last)}" if last is not None else ""
        text = f"{_day(state.supplemented_on)} 一次性告知补正{until}"
        yield LedgerLine(kind="supplement", day=state.supplemented_on, text=text, basis=_silence_basis(item))
    if state.complete_on:
        text = f"{_day(state.complete_on)} 补正材料收齐，自这一天起计时"
        basis = LAW_32_5 if is_permit(item) else ""
        yield LedgerLine(kind="supplied", day=state.complete_on, text=text, basis=basis)


def _accepted(state: CaseState, item: Item) -> Iterator[LedgerLine]:
    silent = state.deemed or state.status is CaseStatus.RECEIVED
    word = "逾期没有告知补正，依法自这一天起视为受理" if silent else "受理"
    basis = _silence_basis(item) if silent else LAW_32_5 if is_permit(item) else ""
    text = f"{_day(state.accepted_on)} {word}"
    yield LedgerLine(kind="deem" if silent else "accept", day=state.accepted_on, text=text, basis=basis)


def _silence(item: Item, last: dt.date | None) -> Iterator[LedgerLine]:
    if last is not None:
        text = f"最迟 {day_cn(last)} 受理或者一次性告知补正，逾期自收件之日起视为受理"
        yield LedgerLine(kind="due", day=last.isoformat(), text=text, basis=_silence_basis(item))


def _lapsed(state: CaseState, today: dt.date) -> Iterator[LedgerLine]:
    if lapsed_on(state, today) is not None:
        yield LedgerLine(kind="lapsed", day="", text=LAPSED_CHOICES)


def _silence_basis(item: Item) -> str:
    if item.domain is Domain.REAL_ESTATE:
        return REAL_ESTATE_RULE
    return LAW_32_4 if is_permit(item) else ""


def _capped(one: Stoppage, state: CaseState, item: Item, calendar: Calendar) -> dt.date | None:
    """The day from which a stop stops nothing any more, None where the list sets no cap."""
    spans = spans_of(state, item, calendar, dt.date.fromisoformat(state.accepted_on))
    return next((span.until for span in spans if span.stop == one), None)


def _stopped_until(state: CaseState, item: Item, calendar: Calendar) -> dt.date | None:
    """When the open stop is over by what was told, or by the cap where that comes first."""
    one = stopped(state)
    if one is None:
        return None
    ends = (told_until(one, calendar), _capped(one, state, item, calendar))
    return min((end for end in ends if end is not None), default=None)


def _stop_lines(
    one: Stoppage, state: CaseState, item: Item, calendar: Calendar, today: dt.date
) -> Iterator[LedgerLine]:
    start = dt.date.fromisoformat(one.start)
    told = f"，已书面告知需 {one.workdays} 个工作日" if one.workdays else ""
    name = procedure_name(one.procedure)
    end = dt.date.fromisoformat(one.end) if one.end else None
    until = told_until(one, calendar)
    if end is None:
        text = f"{day_cn(start)} 起{name}，时限暂停{told}：{one.reason}"
        if until is not None and today > until:
            text += f"（告知的时间到 {day_cn(until)}，已经超过，请恢复计时）"
    elif end == start:
        text = f"{day_cn(start)} {name}，当天恢复计时，时限不变：{one.reason}"
    else:
        text = f"{day_cn(start)} 起{name}，{day_cn(end)} 恢复计时，其间不计入{told}：{one.reason}"
    yield LedgerLine(kind="pause", day=one.start, text=text, basis=one.basis)
    cap, last = procedure_cap(item, one.procedure), _capped(one, state, item, calendar)
    if cap is not None and last is not None:
        over = (end or today) > last
        text = f"{name}依清单不超过 {cap[0]} 个工作日，{day_cn(last)} 起重新计入时限"
        yield LedgerLine(kind="cap", day=one.start, text=text + ("，已经超过" if over else ""), basis=cap[1])


def _prolonged_line(one: Prolonged) -> LedgerLine:
    text = f"{_day(one.day)} 延长 {one.workdays} 个工作日，经{one.approver}批准：{one.reason}"
    return LedgerLine(kind="extend", day=one.day, text=text, basis=one.basis)


def _recomputed(state: CaseState, limits: Sequence[Limit]) -> Iterator[LedgerLine]:
    """What the last notice said and no longer holds, because a calendar came since."""
    printed = next((n for n in reversed(state.notices) if n.due_promised or n.due_legal), None)
    if printed is None or stopped(state) is not None:
        return
    for limit in limits:
        said = printed.due_promised if limit.name == "承诺" else printed.due_legal
        now = limit.deadline.due.isoformat()
        # An interval recorded after the notice moves the day too, and has its own line.
        if said and said != now and not any(one.start >= printed.day for one in state.stoppages):
            text = f"{limit.name}期限在文书上写的是 {said}，放假安排下发后重算为 {now}"
            yield LedgerLine(kind="recomputed", day=now, text=text)


def _counted(state: CaseState, limit: Limit) -> Iterator[LedgerLine]:
    """Which days were skipped or worked; what has a line of its own as a recorded fact is left out."""
    own = tuple(procedure_name(one.procedure) for one in state.stoppages)
    for text in limit.deadline.explanation[1:-1]:
        if not text.startswith("延长") and not any(f" {name}" in text for name in own):
            yield LedgerLine(kind="due", day="", text=text)


def _ended(state: CaseState, due: dt.date | None, deliver_by: dt.date | None) -> Iterator[LedgerLine]:
    if state.decided_on:
        word = DECISION_NAMES[Decision(state.decision)] if state.decision in set(Decision) else state.decision
        late = due is not None and state.decided_on > due.isoformat()
        text = f"{_day(state.decided_on)} 作出{word}决定{'，已超期' if late else ''}"
        yield LedgerLine(kind="decide", day=state.decided_on, text=text)
    if deliver_by is not None:
        text = f"最迟 {day_cn(deliver_by)} 颁发、送达"
        yield LedgerLine(kind="due", day=deliver_by.isoformat(), text=text, basis=LAW_44)
    if state.delivered_on:
        late = deliver_by is not None and state.delivered_on > deliver_by.isoformat()
        text = f"{_day(state.delivered_on)} 送达{'，已超期' if late else ''}"
        yield LedgerLine(kind="deliver", day=state.delivered_on, text=text)


def _day(iso: str) -> str:
    return day_cn(dt.date.fromisoformat(iso))
