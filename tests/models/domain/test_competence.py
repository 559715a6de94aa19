"""Where a case may be accepted, and where it goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.catalog import Domain, Item
from models.domain.competence import handling_area, may_accept, may_take

CITY, DAIYUE, NINGYANG, TOWN = "370900", "370911", "370921", "370911100"
OTHER_CITY = "370811"


def item(**more: object) -> Item:
    return Item(id="I", name="样例", **more)  # type: ignore[arg-type]  # keywords of the test rows


DIVISIONS = st.sampled_from(["", CITY, DAIYUE, NINGYANG, TOWN, OTHER_CITY, "370800", "370921200", "x"])
ITEMS = st.builds(
    item,
    accepted_in=st.lists(DIVISIONS.filter(bool), max_size=3).map(tuple),
    shared_scope=st.sampled_from(["", "city", "county"]),
    level=st.sampled_from(["", "市", "县", "乡"]),
)


@pytest.mark.parametrize(
    ("scope", "hall", "applicant", "allowed"),
    [
        ("", DAIYUE, DAIYUE, True),
        ("", DAIYUE, "", True),
        ("", NINGYANG, DAIYUE, False),
        ("", CITY, DAIYUE, True),
        ("", TOWN, DAIYUE, True),
        ("", DAIYUE, CITY, False),
        ("city", NINGYANG, DAIYUE, True),
        ("city", NINGYANG, TOWN, True),
        ("city", TOWN, NINGYANG, False),
        ("city", OTHER_CITY, DAIYUE, False),
        ("city", DAIYUE, CITY, False),
        ("county", DAIYUE, CITY, True),
        ("county", NINGYANG, DAIYUE, True),
        ("county", OTHER_CITY, DAIYUE, False),
    ],
)
def test_for_whom_a_hall_accepts(scope: str, hall: str, applicant: str, allowed: bool) -> None:
    found = may_accept(item(level="县", shared_scope=scope), hall, applicant)
    assert (found.allowed, bool(found.reason)) == (allowed, not allowed)


def test_accepted_in_ningyang_goes_to_daiyue() -> None:
    assert may_accept(item(level="县", shared_scope="city"), NINGYANG, DAIYUE).goes_to == DAIYUE
    assert may_accept(item(level="县", shared_scope="city"), NINGYANG, TOWN).goes_to == DAIYUE
    assert may_accept(item(level="市", shared_scope="city"), NINGYANG, DAIYUE).goes_to == CITY


def test_a_delegated_item_names_who_may() -> None:
    delegated = item(accepted_in=(CITY, "370982"))
    refused = may_accept(delegated, DAIYUE)
    assert (refused.allowed, refused.goes_to) == (False, CITY)
    assert may_accept(delegated, "370982").allowed
    assert may_accept(delegated, "370982104").allowed
    assert not may_accept(item(accepted_in=(CITY,), shared_scope="city"), DAIYUE).allowed
    assert may_accept(item(accepted_in=(CITY,), shared_scope="county"), DAIYUE).allowed


@given(ITEMS, DIVISIONS, DIVISIONS)
def test_total_and_never_without_a_way_on(of: Item, hall: str, applicant: str) -> None:
    found = may_accept(of, hall, applicant)
    assert found.allowed == (not found.reason)
    if hall:
        assert found.goes_to
    if not found.allowed:
        assert hall


@given(ITEMS, DIVISIONS, DIVISIONS)
def test_a_wider_scope_takes_nothing_away(of: Item, hall: str, applicant: str) -> None:
    narrow = item(accepted_in=of.accepted_in, level=of.level)
    if may_accept(narrow, hall, applicant).allowed:
        assert may_accept(of, hall, applicant).allowed


@given(ITEMS, DIVISIONS, DIVISIONS, DIVISIONS)
def test_the_handling_area_does_not_depend_on_the_hall(of: Item, a: str, b: str, applicant: str) -> None:
    one, two = may_accept(of, a, applicant), may_accept(of, b, applicant)
    if applicant and one.allowed and two.allowed:
        assert one.goes_to == two.goes_to == handling_area(of, applicant)


def test_rights_at_the_window() -> None:
    special = item(domain=Domain.REAL_ESTATE, specialist=True)
    assert "专业窗口" in may_take(special, "general", ())
    assert may_take(special, "specialist", ()) == may_take(special, "", ()) == ""
    assert "权限" in may_take(special, "specialist", ("market",))
    assert may_take(special, "specialist", ("market", "real_estate")) == ""
    assert may_take(item(), "general", ("market",)) == ""


def test_a_window_takes_in_what_its_own_domains_are() -> None:
    of = item(domain=Domain.MARKET)
    told = may_take(of, "specialist", (), ("real_estate", "social_affairs"))
    assert told == "本窗口只办不动产登记、社会事务事项，须到办理市场准入的窗口"
    assert may_take(of, "specialist", (), ("market", "real_estate")) == ""
    assert may_take(of, "general", ("market",), ()) == ""  # none named: all
    assert "权限" in may_take(of, "general", ("real_estate",), ("market",))
    assert may_take(item(), "specialist", (), ("real_estate",)) == ""  # an item that no domain claims
