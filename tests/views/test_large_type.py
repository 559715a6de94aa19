"""Large type and small windows: what is left out is the least needed, and what is shown is whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtWidgets import QApplication, QFrame, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.views.keys import PATIENCE_MS, focused, press, settle, start_item
from views.station import Station
from views.theme import apply_theme
from views.widgets.flow import FlowLayout


@pytest.fixture
def large(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    apply_theme(qapp)


def test_the_bar_cuts_no_page_name_after_larger_type_in_the_smallest_window(
    qtbot: QtBot, station: Station, large: QApplication
) -> None:
    station.shell.resize(1180, 640)
    settle(qtbot, station)
    apply_theme(large, "light", 130)
    buttons = station.shell._nav.values()
    qtbot.waitUntil(
        lambda: all(one.width() >= one.sizeHint().width() for one in buttons), timeout=PATIENCE_MS
    )


def test_the_action_bar_keeps_the_count_in_the_largest_type(
    qtbot: QtBot, station: Station, large: QApplication
) -> None:
    start_item(qtbot, station, "gssldj")
    station.shell.resize(1366, 768)
    apply_theme(large, "light", 130)
    station.workbench.refresh()
    settle(qtbot, station)
    bar = station.workbench._actions
    assert bar._missing.isVisible()
    assert "还差" in bar._missing.text()
    assert bar.sizeHint().width() <= bar.width()


def test_the_eight_steps_fold_to_the_next_one_where_room_is_short(
    qtbot: QtBot, station: Station, large: QApplication
) -> None:
    start_item(qtbot, station, "gssldj")
    station.shell.resize(1366, 768)
    settle(qtbot, station)
    strip = station.service.strip
    assert strip.steps[0].isVisible()
    assert not strip.next.isVisible()
    apply_theme(large, "light", 130)
    station.shell.resize(1366, 767)
    settle(qtbot, station)
    assert not strip.steps[0].isVisible()
    assert strip.next.text() == "下一步：站相迎"
    strip.next.click()
    settle(qtbot, station)
    assert strip.next.text() == "下一步：笑相问"


def test_in_a_narrow_window_the_eight_steps_are_one_of_the_icons(qtbot: QtBot, station: Station) -> None:
    icons = station.workbench.rail.icons
    station.shell.resize(1180, 720)
    settle(qtbot, station)
    assert not icons.buttons["steps"].isVisible()  # no case is open
    start_item(qtbot, station, "gssldj")
    assert icons.buttons["steps"].isVisible()
    assert icons.buttons["steps"].accessibleName() == "八步曲 0/8"
    icons.buttons["steps"].click()
    assert focused(station) is station.service.strip.steps[0]
    press(station, Qt.Key.Key_1)
    assert icons.buttons["steps"].accessibleName() == "八步曲 1/8"


def test_many_gaps_are_told_step_by_step(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    sheet = station.workbench.sheet
    assert sheet is not None
    missing = [gap for gap in sheet.gaps() if gap.step == "materials"]
    assert len(missing) > 1
    told = [one.accessibleName() for one in station.workbench.why.findChildren(QLabel) if one.isVisible()]
    assert f"第 4 步 材料，还差 {len(missing)} 项" in told


def test_options_without_room_go_on_in_the_next_line(qtbot: QtBot) -> None:
    frame = QFrame()
    qtbot.addWidget(frame)
    flow = FlowLayout(spacing=6)
    frame.setLayout(flow)
    buttons = [QPushButton(f"一个比较长的选项 {n}") for n in range(3)]
    for button in buttons:
        flow.addWidget(button)
    wide = max(button.sizeHint().width() for button in buttons)
    flow.setGeometry(QRect(0, 0, 3 * wide + 12, 200))
    assert len({button.y() for button in buttons}) == 1
    flow.setGeometry(QRect(0, 0, 2 * wide + 6, 200))
    assert buttons[0].y() == buttons[1].y() < buttons[2].y()
    assert buttons[2].x() == buttons[0].x()
    assert flow.heightForWidth(wide) > flow.heightForWidth(2 * wide + 6) > flow.heightForWidth(3 * wide + 12)
    assert flow.minimumSize().width() == wide


@pytest.mark.parametrize(("width", "icons"), [(1366, False), (1300, True), (1180, True)])
def test_larger_type_has_rail_and_reasons_whole_or_as_icons_and_a_drawer(
    qtbot: QtBot, station: Station, large: QApplication, width: int, icons: bool
) -> None:
    start_item(qtbot, station, "gssldj")
    station.shell.resize(width, 720)
    settle(qtbot, station)
    apply_theme(large, "light", 130)
    page = station.workbench
    qtbot.waitUntil(lambda: page._room.narrow is icons, timeout=PATIENCE_MS)
    assert page.why.isVisible() is not icons
    page.refresh()
    settle(qtbot, station)
    ticket = page.rail.ticket._next
    assert icons or ticket.width() >= ticket.sizeHint().width()
    apply_theme(large, "light", 100)
    qtbot.waitUntil(lambda: page._room.narrow is (width < 1280), timeout=PATIENCE_MS)


def test_a_cell_left_out_of_the_status_bar_takes_its_line_along(station: Station) -> None:
    status = station.shell.status
    for shown in (False, True):
        status.cells["catalog"].setVisible(shown)
        assert status._rules["catalog"].isVisible() is shown
        assert status._rules["waiting"].isVisible()
