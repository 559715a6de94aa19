"""A cap on a procedure: told before it is used up, refused beyond, and no excuse for the time after it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.domain.case import CaseState, Stoppage
from models.domain.catalog import DayLimit, Item, Stage
from models.domain.ledger import Clock, case_clock
from models.domain.ops import OpKind
from models.domain.procedures import LAW_45, Procedure
from models.domain.stoppages import cap_left, procedure_cap, resume_by
from models.domain.workdays import builtin_calendar
from tests.desk_kit import item
from tests.models.domain.test_after import accepted, act, no
from tests.models.domain.test_ledger import DAYS, on, running, said, stop

CALENDAR = builtin_calendar()
# 建设工程消防设计审查验收管理暂行规定 第二十二条 (domain facts §2.6): 15 workdays, expert review at most 20, not counted.
FIRE = item("TZ009")
CAPPED = Item(
    id="P", name="样例", power_type="行政许可", legal=DayLimit(days=15, basis="样例条"),
    special_procedures=("专家评审（不超过20个工作日）",),
)  # fmt: skip
TOLD: dict[str, Any] = {"procedure": Procedure.EXPERTS.value, "reason": "样例评审"}


def clock(state: CaseState, today: str, of: Item = CAPPED) -> Clock:
    return case_clock(state, of, CALENDAR, on(today))


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("专家评审（不超过20个工作日）", 20),
        ("专家评审，不得超过二十个工作日", 20),
        ("专家评审不超过十五工作日", 15),
        ("专家评审不超过 5 个工作日", 5),
        ("专家评审", None),
        ("专家评审不超过20日", None),  # not workdays: nothing is computed from it
        ("检验（不超过20个工作日）", None),
    ],
)
def test_the_cap_is_what_the_list_says(text: str, most: int | None) -> None:
    of = msgspec.structs.replace(CAPPED, special_procedures=(text,))
    assert procedure_cap(of, Procedure.EXPERTS) == ((most, text) if most is not None else None)
    stage = Stage(id="S2", name=text, counted=False)
    assert (procedure_cap(msgspec.structs.replace(CAPPED, special_procedures=(), stages=(stage,)),
                          Procedure.EXPERTS) is None) == (most is None)  # fmt: skip


def test_the_demo_city_has_the_cap_of_the_fire_design_review() -> None:
    assert procedure_cap(FIRE, Procedure.EXPERTS) == (20, "专家评审（不超过20个工作日）")
    assert FIRE.legal.days == 15


def test_more_than_the_cap_can_be_neither_told_nor_added_up() -> None:
    state = accepted(FIRE)
    assert no(state, OpKind.PAUSE, of=FIRE, workdays=21, **TOLD) == "cap"
    first = act(state, OpKind.PAUSE, of=FIRE, workdays=20, **TOLD)
    ended = act(first, OpKind.RESUME, of=FIRE, day=10)
    left = cap_left(ended, FIRE, Procedure.EXPERTS, CALENDAR)
    assert left is not None
    assert 0 < left < 20
    assert no(ended, OpKind.PAUSE, of=FIRE, day=10, workdays=left + 1, **TOLD) == "cap"
    assert act(ended, OpKind.PAUSE, of=FIRE, day=10, workdays=left, **TOLD).stoppages[1].workdays == left
    hearing = TOLD | {"procedure": Procedure.HEARING.value}
    assert act(ended, OpKind.PAUSE, of=FIRE, day=10, workdays=30, **hearing)


def test_time_beyond_the_cap_counts_though_nobody_resumes() -> None:
    state = running("2026-03-02", stoppages=(stop("2026-03-03", workdays=20),))
    until = resume_by(on("2026-03-03"), 20, CALENDAR)
    assert until == on("2026-03-31")
    assert clock(state, "2026-03-31").phase == "paused"
    assert "专家评审依清单不超过 20 个工作日，2026-03-31 周二 起重新计入时限" in said(
        clock(state, "2026-03-05")
    )
    late = clock(state, "2026-04-01")
    assert (late.phase, late.due) == ("running", on("2026-04-21"))
    assert "已经超过" in said(late)
    # Resumed long after, the excess is the office's.
    resumed = running("2026-03-02", stoppages=(stop("2026-03-03", "2026-04-30", workdays=20),))
    assert clock(resumed, "2026-04-30").due == late.due
    assert clock(resumed, "2026-04-30").overdue


def test_a_told_time_that_is_over_is_announced() -> None:
    state = running("2026-03-02", stoppages=(stop("2026-03-03", workdays=2),))
    assert (clock(state, "2026-03-05").left, clock(state, "2026-03-06").left) == (0, -1)


@given(start=DAYS, offset=st.integers(0, 20), length=st.integers(0, 120), more=st.integers(0, 20))
def test_no_stop_moves_the_end_by_more_than_its_cap(
    start: dt.date, offset: int, length: int, more: int
) -> None:
    plain = case_clock(running(start.isoformat()), CAPPED, CALENDAR, start).due
    assert plain is not None
    days = [start + dt.timedelta(days=n) for n in (offset, offset + length, offset + length + more)]
    assume(days[0] <= plain)
    stops = tuple(
        Stoppage(op_id=str(n), procedure=Procedure.EXPERTS, start=a.isoformat(), end=b.isoformat(),
                 workdays=20, basis=LAW_45, reason="样例")
        for n, (a, b) in enumerate(((days[0], days[1]), (days[1], days[2])))
    )  # fmt: skip
    moved = case_clock(running(start.isoformat(), stoppages=stops), CAPPED, CALENDAR, start).due
    assert moved is not None
    assert 0 <= CALENDAR.between(plain, moved) <= 20
