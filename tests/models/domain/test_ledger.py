"""The clock of a case: what it says, and the properties any such clock must have."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.domain.case import CaseState, CaseStatus, Notice, Prolonged, Stoppage
from models.domain.catalog import DayLimit, Domain, Item
from models.domain.deadlines import LAW_82
from models.domain.ledger import Clock, case_clock, clock_cells
from models.domain.procedures import LAW_32_4, LAW_42, LAW_44, LAW_45, REAL_ESTATE_RULE, Procedure
from models.domain.stoppages import resume_by
from models.domain.terms import counting_basis
from models.domain.workdays import Calendar, builtin_calendar

CALENDAR = builtin_calendar()
PERMIT = Item(
    id="P", name="样例许可", power_type="行政许可", legal=DayLimit(days=20), promised=DayLimit(days=5)
)
LEGAL_ONLY = msgspec.structs.replace(PERMIT, promised=DayLimit())
SERVICE = Item(id="S", name="样例服务", power_type="公共服务", legal=DayLimit(days=5, basis="样例办法第三条"))
DAYS = st.dates(dt.date(2010, 1, 1), dt.date(2024, 6, 30))


def case(**facts: object) -> CaseState:
    blank = CaseState(case_id="c", scope="s", item_id="P", item_name="", catalog_version="v")
    return msgspec.structs.replace(blank, **facts)


def running(on: str, **facts: object) -> CaseState:
    return case(status=CaseStatus.ACCEPTED, received_on=on, accepted_on=on, **facts)


def stop(start: str, end: str = "", **facts: object) -> Stoppage:
    blank = Stoppage(
        op_id=start, procedure=Procedure.EXPERTS, start=start, end=end, basis=LAW_45, reason="样例"
    )
    return msgspec.structs.replace(blank, **facts)


def on(day: str) -> dt.date:
    return dt.date.fromisoformat(day)


def said(clock: Clock) -> str:
    return "\n".join(f"{line.text}｜{line.basis}" for line in clock.lines)


@pytest.mark.parametrize(
    ("start", "workdays", "due"),
    [
        ("2025-09-26", 5, "2025-10-10"),
        ("2025-09-30", 5, "2025-10-14"),
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-02-13", 20, "2026-03-19"),
        ("2026-04-30", 10, "2026-05-18"),
        ("2026-09-18", 5, "2026-09-24"),
    ],
)
def test_vectors(start: str, workdays: int, due: str) -> None:
    of = msgspec.structs.replace(LEGAL_ONLY, legal=DayLimit(days=workdays))
    assert case_clock(running(start), of, CALENDAR, on(start)).due == on(due)


def test_the_promise_binds_until_the_limit_is_extended() -> None:
    clock = case_clock(running("2026-09-18"), PERMIT, CALENDAR, on("2026-09-21"))
    assert (clock.phase, clock.due, clock.left) == ("running", on("2026-09-24"), 3)
    longer = running("2026-09-18", prolonged=(Prolonged(op_id="e", day="2026-09-21", workdays=10,
                     approver="样例负责人", reason="样例", basis=LAW_42),))  # fmt: skip
    clock = case_clock(longer, PERMIT, CALENDAR, on("2026-09-21"))
    assert clock.due == on("2026-11-05")
    assert f"延长 10 个工作日，经样例负责人批准：样例｜{LAW_42}" in said(clock)


def test_overdue_counts_workdays_past_the_day() -> None:
    clock = case_clock(running("2026-09-18"), PERMIT, CALENDAR, on("2026-09-28"))
    assert clock.overdue
    assert clock.left == -1  # the 25th to 27th are days off


def test_a_received_case_says_until_when_the_office_must_speak() -> None:
    state = case(status=CaseStatus.RECEIVED, received_on="2026-09-19", service="weekend")
    clock = case_clock(state, PERMIT, CALENDAR, on("2026-09-22"))
    assert (clock.phase, clock.tell_by, clock.left) == ("telling", on("2026-09-24"), 2)
    assert "2026-09-19 周六 收件（双休日、节假日服务，收件日不变）" in said(clock)
    assert f"视为受理｜{LAW_32_4}" in said(clock)


def test_silence_past_the_term_runs_from_the_receipt_without_any_act() -> None:
    state = case(status=CaseStatus.RECEIVED, received_on="2026-09-18")
    assert case_clock(state, PERMIT, CALENDAR, on("2026-09-24")).left == 0
    clock = case_clock(state, PERMIT, CALENDAR, on("2026-09-28"))
    assert (clock.deemed, clock.start, clock.due) == (True, on("2026-09-18"), on("2026-09-24"))
    assert "依法自这一天起视为受理" in said(clock)
    recorded = running("2026-09-18", deemed=True)
    assert case_clock(recorded, PERMIT, CALENDAR, on("2026-09-28")).due == clock.due


def test_real_estate_must_speak_on_the_spot() -> None:
    of = msgspec.structs.replace(SERVICE, domain=Domain.REAL_ESTATE)
    state = case(status=CaseStatus.RECEIVED, received_on="2026-09-18")
    clock = case_clock(state, of, CALENDAR, on("2026-09-18"))
    assert (clock.tell_by, clock.left) == (on("2026-09-18"), 0)
    assert REAL_ESTATE_RULE in said(clock)
    assert case_clock(state, of, CALENDAR, on("2026-09-19")).deemed


def test_the_law_of_permits_is_cited_for_permits_only() -> None:
    assert LAW_82 in said(case_clock(running("2026-09-18"), PERMIT, CALENDAR, on("2026-09-18")))
    other = said(case_clock(running("2026-09-18"), SERVICE, CALENDAR, on("2026-09-18")))
    assert "行政许可法" not in other
    assert "按工作日计算；样例办法第三条" in other
    assert counting_basis(msgspec.structs.replace(SERVICE, power_type=""), DayLimit(days=1)) == "按工作日计算"


def test_an_open_stop_freezes_the_clock_and_tells_when_its_time_is_up() -> None:
    state = running("2026-09-18", stoppages=(stop("2026-09-21", workdays=2),))
    clock = case_clock(state, PERMIT, CALENDAR, on("2026-09-22"))
    assert (clock.phase, clock.left, clock.overdue) == ("paused", 1, False)
    assert clock.resume_by == on("2026-09-23")
    assert "已书面告知需 2 个工作日" in said(clock)
    assert "已经超过" not in said(clock)
    assert "已经超过" in said(case_clock(state, PERMIT, CALENDAR, on("2026-09-24")))


def test_each_recorded_stop_is_told_once_with_its_article() -> None:
    state = running("2026-09-18", stoppages=(stop("2026-09-21", "2026-09-22"),))
    told = said(case_clock(state, PERMIT, CALENDAR, on("2026-09-22")))
    assert f"2026-09-21 周一 起专家评审，2026-09-22 周二 恢复计时，其间不计入：样例｜{LAW_45}" in told
    assert told.count("专家评审") == 1


def test_a_permit_granted_is_handed_over_within_ten_workdays() -> None:
    facts = {"decided_on": "2026-09-24", "decision": "grant", "status": CaseStatus.DECIDED}
    state = msgspec.structs.replace(running("2026-09-18"), **facts)
    clock = case_clock(state, PERMIT, CALENDAR, on("2026-09-24"))
    assert (clock.phase, clock.deliver_by, clock.left) == ("decided", on("2026-10-15"), 10)
    assert LAW_44 in said(clock)
    denied = msgspec.structs.replace(state, decision="deny")
    assert case_clock(denied, PERMIT, CALENDAR, on("2026-09-24")).deliver_by is None
    assert not clock.provisional
    year_end = msgspec.structs.replace(state, decided_on="2026-12-28")
    assert case_clock(year_end, PERMIT, CALENDAR, on("2026-12-28")).provisional  # 2027 is not announced
    late = msgspec.structs.replace(state, status=CaseStatus.DELIVERED, delivered_on="2026-10-16")
    assert "送达，已超期" in said(case_clock(late, PERMIT, CALENDAR, on("2026-10-16")))


def test_a_calendar_that_comes_later_gives_the_final_day_and_shows_the_change() -> None:
    notice = Notice(op_id="a", kind="accept", day="2026-12-28", staff="T", device="D",
                    due_promised="2027-01-04", due_legal="2027-01-25")  # fmt: skip
    state = running("2026-12-28", notices=(notice,))
    before = case_clock(state, PERMIT, CALENDAR, on("2026-12-29"))
    assert (before.provisional, before.due) == (True, on("2027-01-04"))
    known = CALENDAR.with_year(2027, {dt.date(2027, 1, 1): "元旦", dt.date(2027, 1, 4): "元旦"}, frozenset())
    after = case_clock(state, PERMIT, known, on("2026-12-29"))
    assert (after.provisional, after.due) == (False, on("2027-01-06"))
    assert "承诺期限在文书上写的是 2027-01-04，放假安排下发后重算为 2027-01-06" in said(after)
    assert "文书上写的是" not in said(before)


def test_a_day_the_desk_alone_vouches_for_waits_for_the_hub() -> None:
    state = msgspec.structs.replace(running("2026-09-18"), unsure=("op1",))
    waiting = case_clock(state, PERMIT, CALENDAR, on("2026-09-18"), undecided={"op1"})
    assert waiting.unconfirmed
    assert "待中心确认" in said(waiting)
    assert not case_clock(state, PERMIT, CALENDAR, on("2026-09-18")).unconfirmed


@pytest.mark.parametrize("days", [-1, 10_001, 10**9])
def test_a_limit_that_cannot_be_is_not_counted(days: int) -> None:
    of = msgspec.structs.replace(LEGAL_ONLY, legal=DayLimit(days=days))
    clock = case_clock(running("2026-09-18"), of, CALENDAR, on("2026-09-18"))
    assert (clock.due, clock.limits) == (None, ())


def test_nought_is_on_the_spot_and_doubtful_limits_are_no_law() -> None:
    spot = msgspec.structs.replace(LEGAL_ONLY, legal=DayLimit(days=0))
    assert case_clock(running("2026-09-18"), spot, CALENDAR, on("2026-09-18")).due == on("2026-09-18")
    doubtful = msgspec.structs.replace(LEGAL_ONLY, legal=DayLimit(days=3, approximate=True))
    assert case_clock(running("2026-09-18"), doubtful, CALENDAR, on("2026-09-18")).due is None


def test_a_case_not_begun_shows_what_acceptance_today_would_mean() -> None:
    clock = case_clock(None, PERMIT, CALENDAR, on("2026-09-18"))
    assert (clock.phase, clock.due, clock.left) == ("none", on("2026-09-24"), None)
    assert clock_cells(None, PERMIT, CALENDAR, on("2026-09-18"))[-1].day == on("2026-09-24")


# -- what must hold whatever the days ----------------------------------------------------------------


def due_of(
    start: dt.date, days: int, stops: tuple[Stoppage, ...] = (), calendar: Calendar = CALENDAR
) -> dt.date:
    of = msgspec.structs.replace(LEGAL_ONLY, legal=DayLimit(days=days))
    due = case_clock(running(start.isoformat(), stoppages=stops), of, calendar, start).due
    assert due is not None
    return due


def span(start: dt.date, offset: int, length: int) -> Stoppage:
    first = start + dt.timedelta(days=offset)
    return stop(first.isoformat(), (first + dt.timedelta(days=length)).isoformat())


@given(start=DAYS, days=st.integers(0, 60))
def test_a_longer_limit_ends_later(start: dt.date, days: int) -> None:
    assert due_of(start, days) < due_of(start, days + 1)


@given(start=DAYS, days=st.integers(1, 40), offset=st.integers(0, 60), length=st.integers(0, 60))
def test_a_stop_only_adds(start: dt.date, days: int, offset: int, length: int) -> None:
    assert due_of(start, days, (span(start, offset, length),)) >= due_of(start, days)


@given(
    start=DAYS, days=st.integers(1, 40), offset=st.integers(0, 30), length=st.integers(0, 40), data=st.data()
)
def test_a_stop_in_two_parts_is_the_same_stop(
    start: dt.date, days: int, offset: int, length: int, data: st.DataObject
) -> None:
    """Resumed and stopped again on one workday; a day off in between would begin a stop of its own."""
    first = start + dt.timedelta(days=offset)
    cuts = [n for n in range(length + 1) if CALENDAR.is_workday(first + dt.timedelta(days=n))] or [0]
    cut = data.draw(st.sampled_from(cuts))
    parts = (span(start, offset, cut), span(start, offset + cut, length - cut))
    assert due_of(start, days, (span(start, offset, length),)) == due_of(start, days, parts)


@given(start=DAYS, days=st.integers(1, 40), offset=st.integers(0, 60), times=st.integers(1, 4))
def test_what_is_over_on_the_day_it_began_costs_the_applicant_nothing(
    start: dt.date, days: int, offset: int, times: int
) -> None:
    assert due_of(start, days, (span(start, offset, 0),) * times) == due_of(start, days)


@given(start=DAYS, days=st.integers(1, 40), offset=st.integers(0, 60), needed=st.integers(1, 40))
def test_a_stop_moves_the_end_by_the_workdays_it_takes(
    start: dt.date, days: int, offset: int, needed: int
) -> None:
    plain, first = due_of(start, days), start + dt.timedelta(days=offset)
    assume(first <= plain)
    until = resume_by(first, needed, CALENDAR)
    moved = due_of(start, days, (stop(first.isoformat(), until.isoformat()),))
    assert CALENDAR.between(plain, moved) == needed


@given(start=DAYS, days=st.integers(1, 40), offset=st.integers(0, 60), length=st.integers(0, 60))
def test_no_limit_is_over_when_the_clock_runs_again(
    start: dt.date, days: int, offset: int, length: int
) -> None:
    one = span(start, offset, length)
    assume(one.start <= due_of(start, days).isoformat())
    assert due_of(start, days, (one,)).isoformat() >= one.end


@pytest.mark.parametrize(
    ("first", "last", "due"),
    [
        # Accepted on Friday 2026-09-18, five workdays (Sunday the 20th is one): the 24th without a stop.
        ("2026-09-21", "2026-09-21", "2026-09-24"),  # over on the same day
        ("2026-09-21", "2026-09-22", "2026-09-28"),  # one workday; the 25th to 27th are 中秋节
        ("2026-09-21", "2026-09-23", "2026-09-29"),
        ("2026-09-18", "2026-09-18", "2026-09-24"),  # on the day of the acceptance
        ("2026-09-18", "2026-09-21", "2026-09-29"),  # two workdays, as if accepted on the 21st
        ("2026-09-19", "2026-09-20", "2026-09-28"),  # from a Saturday: the working Sunday
        ("2026-09-24", "2026-09-28", "2026-09-28"),  # on the last day: to be decided on the day of resumption
    ],
)
def test_vectors_of_a_stop(first: str, last: str, due: str) -> None:
    assert due_of(on("2026-09-18"), 5, (stop(first, last),)) == on(due)


@given(start=DAYS, days=st.integers(1, 40))
def test_a_receipt_on_a_day_off_ends_with_one_on_the_workday_before(start: dt.date, days: int) -> None:
    before = start
    while not CALENDAR.is_workday(before):
        before -= dt.timedelta(days=1)
    assert due_of(start, days) == due_of(before, days)


@given(start=DAYS, days=st.integers(1, 40), today=st.integers(-10, 90))
def test_what_is_left_is_used_up_exactly_on_the_day(start: dt.date, days: int, today: int) -> None:
    of = msgspec.structs.replace(LEGAL_ONLY, legal=DayLimit(days=days))
    clock = case_clock(running(start.isoformat()), of, CALENDAR, start + dt.timedelta(days=today))
    assert clock.left is not None
    if today == 0:
        assert clock.left == days
    later = case_clock(running(start.isoformat()), of, CALENDAR, start + dt.timedelta(days=today + 1))
    assert later.left is not None
    assert clock.left - 1 <= later.left <= clock.left


@given(start=DAYS, days=st.integers(1, 30), offset=st.integers(0, 40), length=st.integers(0, 40))
def test_the_strip_ends_where_the_clock_says(start: dt.date, days: int, offset: int, length: int) -> None:
    of = msgspec.structs.replace(LEGAL_ONLY, legal=DayLimit(days=days))
    state = running(start.isoformat(), stoppages=(span(start, offset, length),))
    assert clock_cells(state, of, CALENDAR, start)[-1].day == case_clock(state, of, CALENDAR, start).due
