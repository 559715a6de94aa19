"""三减一并: hand-computed items, and what any sum of them must keep."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.case import CaseState, CaseStatus, Stoppage
from models.domain.catalog import DayLimit, Domain, Former, Item, Material, Stage
from models.domain.procedures import LAW_45, Procedure
from models.domain.reform import (
    MEASURES,
    Change,
    Increase,
    Reduction,
    actual,
    by_domain,
    compare,
    compare_versions,
    total,
    used_workdays,
)
from models.domain.workdays import builtin_calendar

CALENDAR = builtin_calendar()


def item(
    name: str = "A", materials: int = 3, stages: int = 5, promised: int | None = 5, **more: object
) -> Item:
    blank = Item(
        id=name,
        name=f"样例{name}",
        domain=Domain.MARKET,
        legal=DayLimit(days=20),
        promised=DayLimit(days=promised),
        visits=1,
        materials=tuple(Material(id=f"M{n}", name=f"材料{n}") for n in range(materials)),
        stages=tuple(Stage(id=f"H{n}", name=f"环节{n}") for n in range(stages)),
        former=Former(materials=8, stages=7, workdays=15, visits=3, merged=2, demo=True),
    )
    return msgspec.structs.replace(blank, **more)


def reduction(one: Item) -> Reduction:
    found = compare(one)
    assert found is not None
    return found


def case(accepted: str, decided: str, **facts: object) -> CaseState:
    blank = CaseState(
        case_id="c",
        scope="s",
        item_id="A",
        item_name="",
        catalog_version="v",
        status=CaseStatus.DECIDED,
        accepted_on=accepted,
        decided_on=decided,
    )
    return msgspec.structs.replace(blank, **facts)


def test_an_item_against_its_state_before() -> None:
    found = reduction(item())
    assert (found.materials.saved, found.merged, found.demo) == (5, 2, True)
    assert (found.stages, found.workdays, found.visits) == (Change(7, 5), Change(15, 5), Change(3, 1))
    # (法定 − 承诺) / 法定 = (20 − 5) / 20, kept apart from (改革前 − 承诺) / 改革前 = (15 − 5) / 15
    assert found.promise is not None
    assert (found.promise.share, found.promise.percent) == (0.75, 75)
    assert found.workdays is not None
    assert found.workdays.percent == 67


def test_an_item_without_a_state_before_takes_no_part() -> None:
    assert compare(item(former=None)) is None


def test_what_the_list_does_not_say_is_not_counted_as_nothing() -> None:
    found = reduction(item(stages=0, promised=None, visits=None))
    assert (found.stages, found.workdays, found.visits, found.promise) == (None, None, None, None)
    sums = total([found, reduction(item("B"))])
    assert (sums.items, sums.stages, sums.workdays) == (2, Change(7, 5), Change(15, 5))
    assert sums.silent == {"materials": 0, "stages": 1, "workdays": 1, "visits": 1}


@pytest.mark.parametrize("limit", ["legal", "promised"])
def test_an_approximate_limit_is_never_computed_with(limit: str) -> None:
    found = reduction(msgspec.structs.replace(item(), **{limit: DayLimit(days=20, approximate=True)}))
    assert found.promise is None
    assert (found.workdays is None) is (limit == "promised")


def test_an_increase_is_shown_as_one_and_lowers_the_sum() -> None:
    worse = reduction(item("B", materials=10, promised=16))
    sums = total([reduction(item()), worse])
    assert (sums.materials.saved, sums.workdays.saved) == (5 - 2, 10 - 1)
    assert sums.increases == (Increase("B", "materials", 2), Increase("B", "workdays", 1))


def test_two_versions_of_an_item() -> None:
    before = item(
        materials=6, stages=7, promised=10, former=Former(materials=9, stages=9, workdays=9, merged=1)
    )
    found = compare_versions(before, item())
    assert (found.materials, found.stages, found.workdays) == (Change(6, 3), Change(7, 5), Change(10, 5))
    assert (found.visits, found.merged, found.demo) == (Change(1, 1), 1, True)
    silent = compare_versions(item(stages=0, promised=None, visits=None), item())
    assert (silent.stages, silent.workdays, silent.visits) == (None, None, None)


def test_domains_are_kept_apart() -> None:
    parts = by_domain([reduction(item()), reduction(item("B", domain=Domain.REAL_ESTATE, materials=7))])
    assert {domain: part.materials.saved for domain, part in parts.items()} == {
        Domain.MARKET: 5,
        Domain.REAL_ESTATE: 1,
    }


OF = item()


@pytest.mark.parametrize(
    ("accepted", "decided", "used"),
    [
        ("2025-09-22", "2025-09-22", 0),
        ("2025-09-22", "2025-09-26", 4),
        ("2025-09-26", "2025-10-10", 5),  # 28 September works, 1–8 October is the holiday: 28, 29, 30, 9, 10
        ("2025-09-20", "2025-09-21", 0),  # a weekend
    ],
)
def test_workdays_an_office_used(accepted: str, decided: str, used: int) -> None:
    assert used_workdays(case(accepted, decided), OF, CALENDAR) == used


def test_paused_days_are_not_the_offices() -> None:
    stop = Stoppage(
        op_id="p",
        procedure=Procedure.EXPERTS,
        start="2025-09-23",
        end="2025-09-25",
        basis=LAW_45,
        reason="样例",
    )
    assert used_workdays(case("2025-09-22", "2025-09-26"), OF, CALENDAR) == 4
    assert used_workdays(case("2025-09-22", "2025-09-26", stoppages=(stop,)), OF, CALENDAR) == 2


def test_a_long_case_with_a_pause_is_counted_day_by_day() -> None:
    stop = Stoppage(
        op_id="p",
        procedure=Procedure.EXPERTS,
        start="2025-09-03",
        end="2025-09-05",
        basis=LAW_45,
        reason="样例",
    )
    # Four full weeks without the first Monday are 19 workdays; two of them were stopped.
    assert used_workdays(case("2025-09-01", "2025-09-26"), OF, CALENDAR) == 19
    assert used_workdays(case("2025-09-01", "2025-09-26", stoppages=(stop,)), OF, CALENDAR) == 17


def test_a_case_not_decided_used_nothing_yet() -> None:
    assert used_workdays(case("2025-09-22", ""), OF, CALENDAR) is None
    assert used_workdays(case("", "2025-09-22"), OF, CALENDAR) is None


def test_what_was_promised_against_what_was_done() -> None:
    cases = [
        (item(promised=5), case("2025-09-22", "2025-09-24")),  # 2 of 5
        (item(promised=3), case("2025-09-22", "2025-09-26")),  # 4 of 3: late
        (item(promised=None), case("2025-09-22", "2025-09-24")),
        (item(promised=5), case("2025-09-22", "")),
    ]
    assert actual(cases, CALENDAR) == (Change(8, 6), 2)


counts = st.integers(0, 500)
reductions = st.lists(
    st.builds(
        Reduction,
        item=st.text("ABC", min_size=1, max_size=4),
        name=st.just("样例"),
        domain=st.sampled_from(Domain),
        materials=st.builds(Change, counts, counts),
        stages=st.none() | st.builds(Change, counts, counts),
        workdays=st.none() | st.builds(Change, counts, counts),
        visits=st.none() | st.builds(Change, counts, counts),
        merged=counts,
        promise=st.none() | st.builds(Change, counts, counts),
        demo=st.booleans(),
        source=st.just(""),
    ),
    max_size=8,
)


@given(reductions)
def test_sums_add_up_and_hide_no_increase(rows: list[Reduction]) -> None:
    sums = total(rows)
    parts = by_domain(rows)
    for name in MEASURES:
        known = [change for row in rows if (change := row.measure(name)) is not None]
        whole: Change = getattr(sums, name)
        assert whole.saved == sum(change.saved for change in known)
        assert whole.before == sum(getattr(part, name).before for part in parts.values())
        assert sums.silent[name] == len(rows) - len(known)
        less = sum(max(0, change.saved) for change in known)
        more = sum(one.more for one in sums.increases if one.measure == name)
        assert less - more == whole.saved
    assert all(one.more > 0 for one in sums.increases)
    assert sums.merged == sum(part.merged for part in parts.values())


@given(counts, counts)
def test_per_cent_is_the_nearest_whole_one(before: int, after: int) -> None:
    change = Change(before, after)
    if before == 0:
        assert (change.percent, change.share) == (None, None)
        return
    assert change.percent is not None
    exact = Fraction(100 * (before - after), before)
    assert abs(change.percent - exact) <= Fraction(1, 2)
    assert (change.percent < 0) <= (after > before)
