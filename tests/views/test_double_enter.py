"""A key pressed twice before anything has happened is one act, at every place that acts (issue 5, Bad input)."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from app.queries.cases import find_cases, read_case
from app.queries.drafts import read_drafts
from app.queries.outbox import read_conflicts
from models.domain.case import CaseStatus
from tests.sync.test_engine import City
from tests.views.keys import ALT, CTRL, PATIENCE_MS, key_click, press, settle, type_text
from tests.views.test_bundle import SHOP, fill, open_shop
from tests.views.test_conflicts import city, clash, served  # fixtures
from tests.views.test_long_work import played_printer
from tests.views.test_time import key, reviewing, show, state_of, taken  # a fixture
from views.station import Station
from views.unlock.window import UnlockFacts, UnlockWindow

__all__ = ["city", "clash", "reviewing", "served"]  # fixtures
K = Qt.Key


def twice(
    station: Station, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    press(station, key, modifier)
    press(station, key, modifier)


def test_in_the_palette(qtbot: QtBot, station: Station) -> None:
    settle(qtbot, station)
    press(station, K.Key_F3)
    type_text(station, "gssldj")
    twice(station, K.Key_Return)
    settle(qtbot, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    assert len(read_drafts(station.desk)) <= 1
    assert not station.shell.overlay_open()


def test_over_a_set(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    for question, option in SHOP.items():
        page.questions.answered.emit(f"answer.{question}", option)
    fill(page)
    press(station, K.Key_6, ALT)
    twice(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    rows = find_cases(station.desk)
    assert len(rows) == 6
    assert [row.status for row in rows].count(CaseStatus.ACCEPTED) == 1


def test_over_a_settlement(qtbot: QtBot, clash: tuple[Station, str, City]) -> None:
    station, case, _ = clash
    page = read_case(station.desk, case)
    assert page is not None
    before = len(page.history)
    press(station, K.Key_F8)
    press(station, K.Key_2)
    twice(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    assert read_conflicts(station.desk) == []
    page = read_case(station.desk, case)
    assert page is not None
    assert len(page.history) == before + 1
    assert "已定好" in station.outbox.notice.text()


def test_over_a_pause(qtbot: QtBot, reviewing: Station) -> None:
    case = taken(reviewing)
    page = show(qtbot, reviewing, case)
    key(reviewing, K.Key_1, ALT)
    combo = page.acts.fields["procedure"].editor
    assert isinstance(combo, QComboBox)
    combo.setCurrentIndex(combo.findData("experts"))
    page.acts.fields["workdays"].set_value("10")
    page.acts.fields["reason"].set_value("样例评审")
    QApplication.processEvents()
    twice(reviewing, K.Key_Return, CTRL)
    settle(qtbot, reviewing)
    assert len(state_of(reviewing, case).stoppages) == 1
    assert not page.acts.notice.isVisible()


def test_over_a_print(qtbot: QtBot, station: Station) -> None:
    printer, sheet = played_printer(station)
    sheet.print_asked.connect(lambda copies: station.devices.printing._print(sheet, copies))
    station.shell.show_overlay(sheet)
    page = QImage(100, 140, QImage.Format.Format_RGB32)
    page.fill(0xFFFFFFFF)
    sheet.show_pages([page])
    twice(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    assert len(printer.jobs) == 1


def test_over_the_password(qtbot: QtBot) -> None:
    window = UnlockWindow(UnlockFacts(place="样例", device="d", staff="T0718"))
    qtbot.addWidget(window)
    asked: list[tuple[str, str]] = []
    window.unlock_requested.connect(lambda *told: asked.append(told))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    window.password.setText("样例")
    window.password.setFocus()
    for _ in range(2):
        key_click(window.password, K.Key_Return)
    assert asked == [("T0718", "样例")]
