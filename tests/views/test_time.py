"""The clock on the screens, and the later acts by keyboard, on a real replica."""

from __future__ import annotations

import random
from dataclasses import replace

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.commands import after
from app.commands.batch import intake_line
from app.commands.event import event_line
from app.queries.bundles import open_bundle
from app.queries.cases import read_state
from app.sample import filled, filled_event
from models.domain.case import CaseState, CaseStatus
from models.domain.procedures import Decision
from tests.desk_kit import FixedClock, item
from tests.views.keys import ALT, CTRL, press, settle
from views.cases.page import CasesPage
from views.station import Station
from views.widgets import KeyButton

DAY_MS = 86_400_000
ITEM = "TZ004"


@pytest.fixture
def reviewing(station: Station) -> Station:
    """The same station with a reviewer signed in for years."""
    lease = msgspec.structs.replace(station.desk.lease, roles=("window", "reviewer"), expires_ms=2**42)
    desk = replace(station.desk, lease=lease)
    station.desk = desk
    for owner in (station.workbench, station.cases, station.cases.acts):
        owner._desk = desk
    return station


def taken(station: Station, outcome: str = "accept") -> str:
    return intake_line(station.desk, filled(item(ITEM), random.Random(3), outcome)).case_id


def show(qtbot: QtBot, station: Station, case_id: str) -> CasesPage:
    station.show_case(case_id)
    settle(qtbot, station)
    QApplication.processEvents()
    return station.cases


def key(station: Station, code: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    press(station, code, modifier)
    QApplication.processEvents()


def state_of(station: Station, case_id: str) -> CaseState:
    state = read_state(station.desk, case_id)
    assert state is not None
    return state


def texts(widget: QWidget) -> str:
    QApplication.processEvents()  # a layout shows what was added to it a moment later
    return "\n".join(made.text() for made in widget.findChildren(QLabel) if made.isVisibleTo(widget))


def offered(page: CasesPage) -> list[str]:
    QApplication.processEvents()
    return [button.accessibleName() for button in page.acts.buttons if button.isVisible()]


def test_a_clock_is_stopped_and_started_by_keyboard(qtbot: QtBot, reviewing: Station) -> None:
    case = taken(reviewing)
    page = show(qtbot, reviewing, case)
    assert offered(page) == ["暂停计时", "延期", "准予", "不予"]
    assert "办结还有 5 个工作日" in texts(page)
    assert "受理" in texts(page)
    key(reviewing, Qt.Key.Key_1, ALT)
    combo = page.acts.fields["procedure"].editor
    assert isinstance(combo, QComboBox)
    combo.setCurrentIndex(combo.findData("experts"))
    page.acts.fields["workdays"].set_value("10")
    page.acts.fields["reason"].set_value("样例评审")
    key(reviewing, Qt.Key.Key_Return, CTRL)
    settle(qtbot, reviewing)
    assert state_of(reviewing, case).stoppages[0].workdays == 10
    assert offered(page) == ["恢复计时"]
    assert "时限暂停" in texts(page)
    assert "第四十五条" in texts(page)
    key(reviewing, Qt.Key.Key_1, ALT)
    key(reviewing, Qt.Key.Key_Return, CTRL)
    settle(qtbot, reviewing)
    assert state_of(reviewing, case).stoppages[0].end


def test_from_decision_to_delivery(qtbot: QtBot, reviewing: Station) -> None:
    case = taken(reviewing)
    page = show(qtbot, reviewing, case)
    key(reviewing, Qt.Key.Key_3, ALT)
    key(reviewing, Qt.Key.Key_Return, CTRL)
    settle(qtbot, reviewing)
    assert state_of(reviewing, case).status is CaseStatus.DECIDED
    assert offered(page) == ["送达"]
    key(reviewing, Qt.Key.Key_1, ALT)
    assert page.acts.fields["recipient"].value()
    assert page.acts.fields["way"].value() == "counter"
    key(reviewing, Qt.Key.Key_Return, CTRL)
    settle(qtbot, reviewing)
    assert state_of(reviewing, case).status is CaseStatus.DELIVERED
    assert offered(page) == []


def test_a_set_is_handed_over_at_once_or_in_parts(qtbot: QtBot, reviewing: Station) -> None:
    desk = reviewing.desk
    done = event_line(desk, filled_event(open_bundle(desk, "失业保险"), random.Random(1)))
    first = done.members[0].case_id
    after.decide(desk, first, Decision.GRANT)
    page = show(qtbot, reviewing, first)
    assert "一件事：失业保险" in texts(page)
    assert "（本件）　已办结" in texts(page)
    key(reviewing, Qt.Key.Key_1, ALT)
    assert page.acts.fields["extent"].value() == "together"
    key(reviewing, Qt.Key.Key_Return, CTRL)
    settle(qtbot, reviewing)
    assert "一同发放，还有 1 项没有发" in texts(page.acts)
    extent = page.acts.fields["extent"].editor
    assert isinstance(extent, QComboBox)
    extent.setCurrentIndex(extent.findData("ready"))
    key(reviewing, Qt.Key.Key_Return, CTRL)
    settle(qtbot, reviewing)
    assert state_of(reviewing, first).status is CaseStatus.DELIVERED
    whole = next(b for b in page.findChildren(KeyButton) if b.accessibleName() == "看整套")
    whole.setFocus()
    press(reviewing, Qt.Key.Key_Space)
    settle(qtbot, reviewing)
    assert reviewing.bundles.isVisible()
    assert reviewing.bundles.done is not None
    assert [m.status for m in reviewing.bundles.done.members] == ["delivered", "waiting"]


def test_an_objection_keeps_what_was_typed(qtbot: QtBot, reviewing: Station) -> None:
    case = taken(reviewing)
    page = show(qtbot, reviewing, case)
    key(reviewing, Qt.Key.Key_2, ALT)
    page.acts.fields["workdays"].set_value("11")
    page.acts.fields["approver"].set_value("样例负责人")
    page.acts.fields["reason"].set_value("样例原因")
    key(reviewing, Qt.Key.Key_Return, CTRL)
    settle(qtbot, reviewing)
    assert "1 到 10 个工作日" in page.acts.notice.text()
    assert page.acts.fields["reason"].value() == "样例原因"
    assert state_of(reviewing, case).prolonged == ()


def test_who_may_not_judge_is_told_why(qtbot: QtBot, station: Station) -> None:
    page = show(qtbot, station, taken(station))
    key(station, Qt.Key.Key_3, ALT)
    assert "审查人员或者组长" in page.acts.notice.text()
    assert page.acts.fields == {}


def test_silence_is_announced_in_the_rail_the_list_and_the_case(qtbot: QtBot, reviewing: Station) -> None:
    case = taken(reviewing, "receive")
    clock = reviewing.desk.clock
    assert isinstance(clock, FixedClock)
    clock.now_ms += 7 * DAY_MS
    reviewing.refresh()
    settle(qtbot, reviewing)
    assert "时限提醒 1" in texts(reviewing.workbench.rail)
    assert "今天必须告知" in texts(reviewing.workbench.rail)
    page = show(qtbot, reviewing, case)
    assert "视为受理" in texts(page)
    clock.now_ms += DAY_MS
    page.open_case(case)
    settle(qtbot, reviewing)
    assert offered(page) == ["登记视为受理"]
    key(reviewing, Qt.Key.Key_1, ALT)
    key(reviewing, Qt.Key.Key_Return, CTRL)
    settle(qtbot, reviewing)
    assert state_of(reviewing, case).deemed


def test_the_why_panel_tells_the_clock_of_the_case(qtbot: QtBot, reviewing: Station) -> None:
    case = taken(reviewing, "receive")
    reviewing.workbench.open_case(state_of(reviewing, case), item(ITEM))
    settle(qtbot, reviewing)  # the documents behind the rules are read beside it
    told = texts(reviewing.workbench.why)
    assert "5 个工作日后视为受理" in told
    assert "若今天受理，何时办结" in told
    assert "承诺 5 个工作日　2026-11-30 周一" in told


def test_after_the_term_no_supplement_is_offered_any_more(qtbot: QtBot, reviewing: Station) -> None:
    case = taken(reviewing, "receive")
    clock = reviewing.desk.clock
    assert isinstance(clock, FixedClock)
    clock.now_ms += 8 * DAY_MS
    reviewing.workbench.open_case(state_of(reviewing, case), item(ITEM))
    button = reviewing.workbench._actions.buttons["supplement"]
    assert "视为受理，不能再告知补正" in button.accessibleDescription()
