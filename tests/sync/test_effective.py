"""A later version at a real desk: signed, held, in force from its day; open cases are put before a person."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.commands.review import settle_review
from app.queries.cases import read_case
from app.queries.items import item_finder
from app.queries.reviews import read_reviews
from models.domain.catalog import Domain, decode_catalog, encode_catalog
from models.errors import KnownError
from sync.hub import inbox
from sync.hub import tables as h
from sync.hub.places import publish_directory
from sync.hub.publish import publish_catalog
from tests.desk_kit import FixedClock
from tests.sync.hall_kit import Hall, open_hall
from tests.sync.hub.fake_desk import COMPLETE, DEPARTMENT, ITEM, OTHER_HALL

DAY_MS = 24 * 3600 * 1000
NEXT_DAY = "2026-09-19"
STRICTER = replace(ITEM, red_line=True)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


def in_force(desk: Desk) -> str:
    with desk.store.read() as conn:
        return desk.rulebook.current_version(conn)


def next_day(hall: Hall, desk: Desk) -> None:
    hall.clock.ms += DAY_MS
    assert isinstance(desk.clock, FixedClock)
    desk.clock.now_ms += DAY_MS


def test_a_desk_keeps_the_present_version_until_the_day_and_the_case_for_good(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    assert in_force(desk) == hall.version
    case = Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=COMPLETE)
    intake.accept(desk, case)
    later = publish_catalog(hall.hub, (DEPARTMENT,), (STRICTER,), effective_on=NEXT_DAY)
    hall.sync(desk)
    with desk.store.read() as conn:
        assert (desk.rulebook.holds(conn, later), desk.rulebook.newest_version(conn)) == (True, later)
    assert in_force(desk) == hall.version
    finder = item_finder(desk)
    assert finder is not None
    assert finder.version == hall.version
    assert read_reviews(desk) == []
    next_day(hall, desk)  # with the cable out
    assert in_force(desk) == later
    (task,) = read_reviews(desk)
    assert (task.case_id, task.was, task.now) == (case.case_id, hall.version, later)
    assert task.changes == ("红线事项：否改为是",)
    page = read_case(desk, case.case_id)
    assert page is not None
    assert page.review == task
    with pytest.raises(KnownError, match="处理意见"):
        settle_review(desk, case, later, " ")
    settle_review(desk, case, later, "仍按受理时的版本办理")
    assert read_reviews(desk) == []
    hall.sync(desk)
    assert inbox.review_tasks(hall.hub) == []
    assert hall.states()[case.case_id].catalog_version == hall.version


def test_a_new_desk_gets_the_present_version_beside_the_coming_one(hall: Hall) -> None:
    later = publish_catalog(hall.hub, (DEPARTMENT,), (STRICTER,), effective_on=NEXT_DAY)
    desk = hall.desk()
    report = hall.sync(desk)
    assert (report.catalog, in_force(desk)) == (hall.version, hall.version)
    next_day(hall, desk)
    assert in_force(desk) == later


def test_the_desk_refuses_what_is_not_its_halls_and_says_where_to_go(hall: Hall) -> None:
    publish_catalog(hall.hub, (DEPARTMENT,), (replace(ITEM, accepted_in=(OTHER_HALL,)),))
    desk = hall.desk()
    hall.sync(desk)
    finder = item_finder(desk)
    assert finder is not None
    assert "宁阳县政务服务大厅" in finder.find("")[0].elsewhere
    with pytest.raises(KnownError, match="没有授权本大厅受理"):
        intake.accept(desk, Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=COMPLETE))


def test_a_window_takes_in_its_own_domains_only_at_desk_and_hub(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    late = Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=COMPLETE)
    intake.accept(desk, late)
    with hall.hub.read() as conn:
        places = msgspec.json.decode(conn.execute(select(h.directory.c.data)).scalar_one())
    for window in places["windows"]:
        window |= {"kind": "specialist", "domains": [str(Domain.REAL_ESTATE)]}
    hall.clock.ms += 1000
    publish_directory(hall.hub, msgspec.json.encode(places))
    hall.sync(desk)
    assert hall.states()[late.case_id].number  # lawful as far as the desk had heard
    finder = item_finder(desk)
    assert finder is not None
    assert "须到办理市场准入的窗口" in finder.find("")[0].elsewhere
    with pytest.raises(KnownError, match="本窗口只办不动产登记事项"):
        intake.accept(desk, Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=COMPLETE))


def test_the_desk_refuses_a_clerk_without_the_right(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    other = dataclasses.replace(desk, lease=replace(desk.lease, domains=(str(Domain.REAL_ESTATE),)))
    with pytest.raises(KnownError, match="没有办理市场准入事项的权限"):
        intake.accept(other, Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=COMPLETE))


def test_a_version_that_two_people_did_not_publish_is_not_taken(hall: Hall) -> None:
    """合法性审查: put into the hub's database by hand, it has no signature of the hub, and the desk keeps to the old."""
    desk = hall.desk()
    hall.sync(desk)
    later = publish_catalog(hall.hub, (DEPARTMENT,), (STRICTER,))
    with hall.hub.write() as conn:
        own = h.catalog_version.c.version == later
        catalog = decode_catalog(conn.execute(select(h.catalog_version.c.data).where(own)).scalar_one())
        data = encode_catalog(replace(catalog, items=(replace(ITEM, materials=()),)))
        conn.execute(update(h.catalog_version).where(own).values(data=data))
    assert any("签名不对" in text for text in hall.sync(desk).problems)
    assert in_force(desk) == hall.version
    with desk.store.read() as conn:
        assert not desk.rulebook.holds(conn, later)
