"""The lease as it runs out (ui.md §8): 2 days left daily, 1 day each sign-in, 4 h in the status bar; few numbers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from models.tables import replica as t
from tests.desk_kit import NOW_MS, FixedClock, make_desk
from tests.views.keys import PATIENCE_MS, settle, start_item
from views.outbox.known import status_of
from views.outbox.page import read_facts
from views.standing import LeaseReminder
from views.station import Station
from views.status import ShellStatus
from views.unlock.facts import DAY_MS

HOUR = 3_600_000


def test_two_days_left_is_told_once_a_day(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    ends = NOW_MS + 60 * HOUR
    reminder = LeaseReminder(desk)
    assert reminder.due(60 * HOUR, ends) == ""  # more than two days
    assert "离线租约还剩 1 天 23 时" in reminder.due(47 * HOUR, ends)
    assert reminder.due(46 * HOUR, ends) == ""
    assert LeaseReminder(desk).due(45 * HOUR, ends) == ""  # another sign-in of the same day
    assert "还剩 1 天 12 时" in LeaseReminder(desk).due(36 * HOUR, ends)  # the next morning
    desk.store.close()


def test_one_day_left_is_told_at_each_sign_in(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    ends = NOW_MS + 20 * HOUR
    for _ in range(3):
        reminder = LeaseReminder(desk)
        assert "还剩 20 时 0 分" in reminder.due(20 * HOUR, ends)
        assert reminder.due(20 * HOUR - 1000, ends) == ""
    assert LeaseReminder(desk).due(0, ends) == ""  # over: told as such elsewhere
    desk.store.close()


def test_each_clerk_of_a_machine_is_reminded(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    ends = NOW_MS + 40 * HOUR
    assert LeaseReminder(desk).due(40 * HOUR, ends)
    other = dataclasses.replace(desk, lease=msgspec.structs.replace(desk.lease, staff="T0999"))
    assert LeaseReminder(other).due(40 * HOUR, ends)
    desk.store.close()


@pytest.mark.parametrize(("hours", "near"), [(5, False), (4, True), (1, True)])
def test_four_hours_left_stay_in_the_status_bar(
    qtbot: QtBot, station: Station, hours: int, near: bool
) -> None:
    facts = read_facts(station.desk)
    told = status_of(
        facts, facts.lease_ms - hours * HOUR, connection="offline", since="10:12", catalog="2026.11.23-r0001"
    )
    assert told.lease_near is near
    shell = station.shell
    shell.resize(1180, 640)
    shell.update_status(told)
    settle(qtbot, station)
    shell.update_status(told)
    cell = shell.status.cells["lease"]
    assert cell.property("role") == ("amber" if near else "")
    if near:  # whatever else a narrow window leaves out
        assert cell.isVisible()
        assert cell.text() == f"离线租约剩 {hours} 时 0 分"


def test_the_reminder_comes_over_the_page_at_sign_in_and_can_be_put_away(
    qtbot: QtBot, station: Station
) -> None:
    clock = station.desk.clock
    assert isinstance(clock, FixedClock)
    settle(qtbot, station)
    assert not station.shell.notice.isVisible()
    clock.now_ms = read_facts(station.desk).lease_ms - DAY_MS // 2
    station.refresh_status()
    qtbot.waitUntil(station.shell.notice.isVisible, timeout=PATIENCE_MS)
    assert "离线租约还剩" in station.shell.notice.text()
    station.shell.notice._close.click()
    station.refresh_status()
    settle(qtbot, station)
    assert not station.shell.notice.isVisible()


def test_few_numbers_are_amber_and_none_blocks_acceptance_only(qtbot: QtBot, station: Station) -> None:
    shell = station.shell
    for left, role in ((20, ""), (19, "amber"), (0, "red")):
        shell.update_status(ShellStatus(numbers=left))
        assert shell.status.cells["numbers"].property("role") == role
    with station.desk.store.write() as conn:
        conn.execute(update(t.number_block).values(next=t.number_block.c.last + 1))
    start_item(qtbot, station, "spjyxk")
    station.refresh()
    settle(qtbot, station)
    buttons = station.workbench._actions.buttons
    assert "编号" in buttons["accept"].accessibleDescription()
    assert "编号" not in buttons["receive"].accessibleDescription()
