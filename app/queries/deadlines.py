"""What the clock says of cases: which wait for the office, until when, and how many came out of hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, select

from app.commands.context import Desk
from models.domain.case import CaseState, CaseStatus, decode_state
from models.domain.hours import ServiceMark
from models.domain.ledger import WATCHED, Clock, case_clock
from models.domain.ops import Op
from models.projection import own_ops
from models.tables import replica as t

SOON = 2  # workdays left from which a case is announced
_AT_ONCE = 400


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case with its clock in a few words.  ``tone``: "", amber (soon) or red (past, or the last day)."""

    case_id: str
    number: str
    receipt: str
    item_name: str
    applicant: str
    status: CaseStatus
    phase: str
    text: str
    tone: str
    left: int | None
    due: str
    provisional: bool
    unconfirmed: bool
    deemed: bool


class CaseTime(msgspec.Struct, frozen=True, kw_only=True):
    """The clock of one case, whole, and its row."""

    clock: Clock
    row: DueRow


class ServiceCount(msgspec.Struct, frozen=True, kw_only=True):
    """Receipts of a span of days by the clock's mark; ``days``: on how many days off there were any."""

    regular: int = 0
    weekend: int = 0
    overtime: int = 0
    days: int = 0


def due_rows(desk: Desk, case_ids: Collection[str], today: dt.date | None = None) -> dict[str, DueRow]:
    """The clocks of these cases, where something runs."""
    rows: dict[str, DueRow] = {}
    wanted = list(dict.fromkeys(case_ids))
    day = today or desk.clock.now().day
    with desk.store.read() as conn:
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            found = conn.execute(
                select(t.case_view.c.state).where(
                    t.case_view.c.case_id.in_(some), t.case_view.c.status.in_([s.value for s in WATCHED])
                )
            )
            for (data,) in found:
                timed = _timed(conn, desk, decode_state(data), day)
                if timed is not None:
                    rows[timed.row.case_id] = timed.row
    return rows


def announced(desk: Desk, today: dt.date | None = None, limit: int = 500) -> list[DueRow]:
    """What the office must answer, decide or hand over soon or is late with, the most urgent first.

    Looks through the ``limit`` cases of each status that have waited longest.  Deemed acceptance is
    announced here before it happens, and a correction that lapsed once it has.
    """
    return _announced(desk, WATCHED, today, limit)


def lapsed_corrections(desk: Desk, today: dt.date | None = None, limit: int = 500) -> list[DueRow]:
    """Cases whose 补正期限 is over without an answer, those received first before others: a person decides
    (models.domain.correction.LAPSED_CHOICES).  Looks through as many as :func:`announced`."""
    return _announced(desk, (CaseStatus.SUPPLEMENT,), today, limit)


def _announced(desk: Desk, statuses: Sequence[CaseStatus], today: dt.date | None, limit: int) -> list[DueRow]:
    day = today or desk.clock.now().day
    rows: list[DueRow] = []
    with desk.store.read() as conn:
        for status in statuses:
            found = conn.execute(
                select(t.case_view.c.state)
                .where(t.case_view.c.status == status.value)
                .order_by(t.case_view.c.received_on)
                .limit(limit)
            )
            timed = [_timed(conn, desk, decode_state(data), day) for (data,) in found]
            rows += [one.row for one in timed if one is not None and one.row.tone]
    return sorted(rows, key=lambda row: (row.left if row.left is not None else 0, row.case_id))


def read_time(desk: Desk, case_id: str, today: dt.date | None = None) -> CaseTime | None:
    """The whole ledger of one case; None when this desk lacks the case or its catalogue version."""
    with desk.store.read() as conn:
        data = conn.execute(select(t.case_view.c.state).where(t.case_view.c.case_id == case_id)).scalar()
        if data is None:
            return None
        return _timed(conn, desk, decode_state(data), today or desk.clock.now().day)


def count_service(desk: Desk, first: dt.date, last: dt.date) -> ServiceCount:
    """How many cases of the hall were received from ``first`` to ``last``, by the mark of the clock."""
    counts = dict.fromkeys(ServiceMark, 0)
    weekend_days: set[str] = set()
    with desk.store.read() as conn:
        found = conn.execute(
            select(t.case_view.c.state).where(
                t.case_view.c.status.in_([s.value for s in CaseStatus]),
                t.case_view.c.received_on >= first.isoformat(),
                t.case_view.c.received_on <= last.isoformat(),
            )
        )
        for (data,) in found:
            state = decode_state(data)
            mark = ServiceMark(state.service) if state.service in set(ServiceMark) else ServiceMark.REGULAR
            counts[mark] += 1
            if mark is ServiceMark.WEEKEND:
                weekend_days.add(state.received_on)
    return ServiceCount(
        regular=counts[ServiceMark.REGULAR],
        weekend=counts[ServiceMark.WEEKEND],
        overtime=counts[ServiceMark.OVERTIME],
        days=len(weekend_days),
    )


def _timed(conn: Connection, desk: Desk, state: CaseState, today: dt.date) -> CaseTime | None:
    item = desk.rulebook.item(conn, state.catalog_version, state.item_id)
    if item is None:
        return None
    undecided: Sequence[Op] = own_ops(conn, state.case_id) if state.unsure else ()
    clock = case_clock(state, item, desk.rulebook.calendar, today, {op.op_id for op in undecided})
    text, tone = words(clock)
    return CaseTime(
        clock=clock,
        row=DueRow(
            case_id=state.case_id,
            number=state.number,
            receipt=state.receipt,
            item_name=state.item_name,
            applicant=state.value("applicant.name"),
            status=state.status,
            phase=clock.phase,
            text=text,
            tone=tone,
            left=clock.left,
            due=_iso(clock),
            provisional=clock.provisional,
            unconfirmed=clock.unconfirmed,
            deemed=clock.deemed,
        ),
    )


def words(clock: Clock) -> tuple[str, str]:
    """The clock in a few words, and its tone: amber from two workdays before, red on the last day."""
    if clock.phase == "paused":
        late = -clock.left if clock.left is not None else 0
        return (
            (f"时限暂停，告知的时间已过 {late} 个工作日，请恢复计时", "red") if late > 0 else ("时限暂停", "")
        )
    if clock.correct_by is not None:
        last = clock.correct_by.isoformat()
        return ("补正期满，请决定怎样办", "amber") if clock.lapsed else (f"等补正，到 {last}", "")
    if clock.left is None:
        return "", ""
    marks = "（待中心确认）" if clock.unconfirmed else "（待日历）" if clock.provisional else ""
    what = {"telling": "告知", "decided": "送达"}.get(clock.phase, "办结")
    tone = "red" if clock.left <= 0 else "amber" if clock.left <= SOON else ""
    if clock.phase == "telling":
        text = "今天必须告知，过后视为受理" if clock.left == 0 else f"{clock.left} 个工作日后视为受理"
    elif clock.left < 0:
        text = f"{what}已超期 {-clock.left} 个工作日"
    else:
        text = f"今天是{what}的最后一天" if clock.left == 0 else f"{what}还有 {clock.left} 个工作日"
    return f"{'已视为受理，' if clock.deemed else ''}{text}{marks}", tone


def _iso(clock: Clock) -> str:
    days = {"telling": clock.tell_by, "decided": clock.deliver_by, "waiting": clock.correct_by}
    day = days.get(clock.phase, clock.due)
    return day.isoformat() if day is not None else ""
