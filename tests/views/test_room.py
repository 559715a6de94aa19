"""The open step has the room (ui.md §3): all six steps stay in sight, no list shows half a row."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.views.keys import ALT, press, settle, start_item
from views.station import Station
from views.theme import apply_theme, colour
from views.widgets import ActTable, Cell
from views.workbench.section import StepSection

K = Qt.Key
LARGE, LEAST = (1366, 768), (1180, 640)


def opened(qtbot: QtBot, station: Station, size: tuple[int, int], key: Qt.Key) -> None:
    station.shell.resize(*size)
    start_item(qtbot, station, "spjyxk")  # 7 papers, 14 points
    press(station, key, ALT)
    settle(qtbot, station)
    qtbot.wait(0)  # the scroll area lays out in its turn


def heads_in_sight(station: Station) -> list[bool]:
    view = station.workbench._centre._view
    assert view is not None
    room = view.rect()
    return [room.contains(_at(section, view)) for section in station.workbench._centre.sections.values()]


def _at(section: StepSection, view: QWidget) -> QRect:
    head = section._head
    return QRect(head.mapTo(view, QPoint(0, 0)), head.size())


@pytest.mark.parametrize("size", [LARGE, LEAST])
@pytest.mark.parametrize("key", [K.Key_4, K.Key_5])
def test_all_six_steps_are_in_sight_beside_an_open_list(
    qtbot: QtBot, station: Station, size: tuple[int, int], key: Qt.Key
) -> None:
    opened(qtbot, station, size, key)
    assert heads_in_sight(station) == [True] * 6
    step = station.workbench.materials if key == K.Key_4 else station.workbench.points
    view = step.table.viewport()
    assert view is not None
    shown = view.height() // step.table.rowHeight(0)
    assert shown >= 4
    assert view.height() - shown * step.table.rowHeight(0) <= 2  # whole rows


def test_in_a_low_window_the_standard_of_a_paper_comes_on_enter_and_goes_with_it(
    qtbot: QtBot, station: Station
) -> None:
    opened(qtbot, station, LEAST, K.Key_4)
    step = station.workbench.materials
    assert not step.detail.isVisible()
    press(station, K.Key_Return)
    assert step.detail.isVisible()
    view = station.workbench._centre._view
    assert view is not None
    assert view.rect().contains(QRect(step.detail.mapTo(view, QPoint(0, 0)), step.detail.size()))
    assert step.table.hasFocus()
    press(station, K.Key_Return)
    assert not step.detail.isVisible()


def test_a_digit_that_is_not_allowed_says_why_in_a_low_window_too(qtbot: QtBot, station: Station) -> None:
    opened(qtbot, station, LEAST, K.Key_4)
    press(station, K.Key_5)  # 红线: nothing may come later
    step = station.workbench.materials
    assert step.detail.isVisible()
    assert step._why.isVisible()
    assert step._why.text().startswith("5 不可选")


def test_in_a_high_window_enter_leaves_the_standard_where_it_is(qtbot: QtBot, station: Station) -> None:
    opened(qtbot, station, LARGE, K.Key_4)
    assert station.workbench.materials.detail.isVisible()
    press(station, K.Key_Return)
    assert station.workbench.materials.detail.isVisible()


def _colours(image: QImage, top: int, height: int) -> set[str]:
    return {
        QColor(image.pixel(x, y)).name()
        for x in range(4, image.width() - 20, 3)
        for y in range(top, top + height)
    }


def test_a_row_of_which_only_a_part_has_room_is_not_painted(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp)
    table = ActTable(("序", "材料"), "材料")
    qtbot.addWidget(table)
    table.set_widths(40, 0)
    table.show_rows([(f"row-{n}", (Cell(str(n)), Cell(f"样例材料 {n}"))) for n in range(9)])
    table.resize(500, table.height_for(3) + table.rowHeight(0) // 2)
    table.show()
    view = table.viewport()
    assert view is not None
    image = view.grab().toImage()
    part = 3 * table.rowHeight(0)
    assert 10 < view.height() - part < table.rowHeight(0)
    surface = {colour("surface").name()}
    assert _colours(image, part, view.height() - part) == surface
    assert _colours(image, part - table.rowHeight(0), table.rowHeight(0) - 1) > surface  # the one before is
    table.resize(500, table.height_for(4))
    assert _colours(view.grab().toImage(), part, table.rowHeight(0) - 1) > surface
