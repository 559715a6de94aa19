"""F12 with the test camera: pages are taken, kept, stored; a camera pulled out in mid-shot loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.commands.attach import find_file, open_file
from app.config import DeviceChoices
from app.queries.cases import read_state
from app.queries.files import read_files
from devices.base import State
from devices.camera import PlayedCamera
from devices.pages.pipeline import count_pages
from devices.rack import Rack, all_test
from devices.scanner import PlayedScanner
from models.domain.case import Receipt
from tests.desk_kit import open_made
from tests.views.keys import ALT, CTRL, PATIENCE_MS, press, settle, start_item, type_text
from views.peripherals.capture_sheet import CaptureSheet
from views.station import Station


@pytest.fixture
def camera(station: Station) -> PlayedCamera:
    station.devices.use(Rack(all_test(DeviceChoices())))
    found = station.devices.rack.camera()
    assert isinstance(found, PlayedCamera)
    return found


def message(station: Station) -> str:
    return station.shell._message.accessibleName()


def sheet(station: Station) -> CaptureSheet:
    return station.shell.findChildren(CaptureSheet)[-1]


def open_camera(qtbot: QtBot, station: Station) -> CaptureSheet:
    start_item(qtbot, station, "shbzksl")
    type_text(station, "王样例")
    press(station, Qt.Key.Key_4, ALT)
    settle(qtbot, station)
    press(station, Qt.Key.Key_F12)
    qtbot.waitUntil(station.shell.overlay_open, timeout=PATIENCE_MS)
    return sheet(station)


def take(qtbot: QtBot, station: Station, pages: int = 1) -> None:
    for _ in range(pages):
        press(station, Qt.Key.Key_F12)
    settle(qtbot, station)


def stored(station: Station) -> list[tuple[str, str, int, str]]:
    assert station.workbench.sheet is not None
    rows = read_files(station.desk, station.workbench.sheet.case_id)
    return [(row.title, row.media, row.pages, row.material) for row in rows]


def test_two_pages_by_f12_become_one_pdf_of_the_material(
    qtbot: QtBot, station: Station, camera: PlayedCamera
) -> None:
    open_camera(qtbot, station)
    page = station.workbench
    material = page.materials.current()
    assert material is not None
    take(qtbot, station, 2)
    assert sheet(station).list.count() == 2
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    assert stored(station) == [(material.name, "application/pdf", 2, material.id)]
    assert page.sheet is not None
    assert page.sheet.get(f"material.{material.id}") == Receipt.SCAN
    assert page.sheet.get("applicant.name") == "王样例"
    assert page.step == "materials"
    assert page.materials.table.hasFocus()
    assert "已加密存入" in message(station)
    file = find_file(
        station.desk, page.sheet.case_id, read_files(station.desk, page.sheet.case_id)[0].file_id
    )
    assert count_pages(open_file(station.desk, file)) == 2
    # What is typed afterwards goes on as a draft over the saved case.
    press(station, Qt.Key.Key_1, ALT)
    page.identity.focus_path("applicant.phone")
    type_text(station, "138")
    settle(qtbot, station)
    assert page.sheet.get("applicant.phone") == "138"


def test_a_page_is_taken_anew_and_another_taken_away(
    qtbot: QtBot, station: Station, camera: PlayedCamera
) -> None:
    shown = open_camera(qtbot, station)
    take(qtbot, station, 3)
    first = list(shown.capture.pages)
    shown.list.setFocus()
    shown.list.setCurrentRow(1)
    press(station, Qt.Key.Key_Delete)
    assert shown.capture.pages == [first[0], first[2]]
    shown.list.setCurrentRow(0)
    shown.buttons["again"].setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert len(shown.capture.pages) == 2
    assert shown.capture.pages[1] == first[2]
    assert shown.capture.pages[0] != first[0]


def test_esc_keeps_the_pages_for_the_next_time(qtbot: QtBot, station: Station, camera: PlayedCamera) -> None:
    open_camera(qtbot, station)
    take(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    assert not station.shell.overlay_open()
    assert stored(station) == []
    press(station, Qt.Key.Key_F12)
    assert sheet(station).list.count() == 1
    assert "上次拍的 1 页还在" in message(station)


def test_pages_not_yet_stored_are_sealed_when_the_window_closes(
    qtbot: QtBot, station: Station, camera: PlayedCamera, tmp_path: Path
) -> None:
    open_camera(qtbot, station)
    take(qtbot, station)
    press(station, Qt.Key.Key_F12)  # and one that is still being worked on
    assert station.workbench.sheet is not None
    case_id = station.workbench.sheet.case_id
    station.shell.close_overlay()
    station.shut_down()
    again = open_made(tmp_path)
    try:
        state = read_state(again, case_id)
        assert state is not None
        assert [file.pages for file in state.files] == [2]
        assert state.value("applicant.name") == "王样例"
    finally:
        again.store.close()


def test_a_camera_pulled_out_loses_no_page_and_can_come_back(
    qtbot: QtBot, station: Station, camera: PlayedCamera
) -> None:
    shown = open_camera(qtbot, station)
    take(qtbot, station)
    press(station, Qt.Key.Key_F12)
    camera.pull_out()  # in mid-shot: the page is still being worked on
    assert "断开" in message(station)
    assert "断开" in shown.notice.text()
    settle(qtbot, station)
    assert len(shown.capture.pages) == 2
    press(station, Qt.Key.Key_F12)
    settle(qtbot, station)
    assert len(shown.capture.pages) == 2  # no picture of nothing
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    assert stored(station)[0][2] == 2
    press(station, Qt.Key.Key_F12)
    assert "没有找到高拍仪" in message(station)
    press(station, Qt.Key.Key_Escape)
    camera.state = State.READY
    press(station, Qt.Key.Key_F12)
    assert not sheet(station).preview.pixmap().isNull()


def test_a_busy_camera_is_told_and_the_scanner_still_works(
    qtbot: QtBot, station: Station, camera: PlayedCamera
) -> None:
    camera.state = State.BUSY
    shown = open_camera(qtbot, station)
    assert "占用" in shown.notice.text()
    shown.buttons["feed"].setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert shown.list.count() == 3
    scanner = station.devices.rack.scanner()
    assert isinstance(scanner, PlayedScanner)
    scanner.state = State.NO_PAPER
    shown.buttons["scan"].setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert "没有纸" in message(station)
    assert shown.list.count() == 3


def test_a_scan_can_be_stopped_and_what_came_stays(
    qtbot: QtBot, station: Station, camera: PlayedCamera
) -> None:
    shown = open_camera(qtbot, station)
    shown.buttons["feed"].setFocus()
    press(station, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown.list.count() >= 1, timeout=PATIENCE_MS)
    shown.buttons["cancel"].setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert 1 <= shown.list.count() < 3
    assert "停下" in message(station)


def test_without_a_case_there_is_nowhere_to_put_a_page(
    qtbot: QtBot, station: Station, camera: PlayedCamera
) -> None:
    settle(qtbot, station)
    press(station, Qt.Key.Key_F12)
    assert not station.shell.overlay_open()
    assert "没有打开办件" in message(station)


def test_on_the_case_page_pages_go_to_the_case_shown(
    qtbot: QtBot, station: Station, camera: PlayedCamera
) -> None:
    open_camera(qtbot, station)
    take(qtbot, station)
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    assert station.workbench.sheet is not None
    case_id = station.workbench.sheet.case_id
    station.show_case(case_id)
    settle(qtbot, station)
    press(station, Qt.Key.Key_F12)
    take(qtbot, station)
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    assert [row.material for row in read_files(station.desk, case_id)][1] == ""


def test_one_page_is_two_keys(qtbot: QtBot, station: Station, camera: PlayedCamera) -> None:
    """F12 shows the picture, Enter takes and keeps it; pressed twice or too early it is still one page."""
    shown = open_camera(qtbot, station)
    material = station.workbench.materials.current()
    assert material is not None
    assert shown.buttons["keep"].hasFocus()
    for _ in range(2):
        press(station, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not station.shell.overlay_open(), timeout=PATIENCE_MS)
    settle(qtbot, station)
    assert [(name, pages) for name, _, pages, _ in stored(station)] == [(material.name, 1)]
    assert station.workbench.materials.current() != material  # on to the next that is missing


def test_enter_with_the_camera_gone_keeps_nothing_and_says_why(
    qtbot: QtBot, station: Station, camera: PlayedCamera
) -> None:
    shown = open_camera(qtbot, station)
    shown.lose("高拍仪拔掉了。已拍的页都在。请插好再拍。")
    press(station, Qt.Key.Key_Return)
    settle(qtbot, station)
    assert stored(station) == []
    assert "拔掉了" in shown.notice.text()


def test_after_a_page_of_several_enter_stores_nothing_by_itself(
    qtbot: QtBot, station: Station, camera: PlayedCamera
) -> None:
    shown = open_camera(qtbot, station)
    take(qtbot, station)
    assert not shown.buttons["keep"].isVisible()
    assert shown.buttons["shoot"].hasFocus()
    press(station, Qt.Key.Key_Return)
    settle(qtbot, station)
    assert len(shown.capture.pages) == 2
    assert stored(station) == []
