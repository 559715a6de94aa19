"""Unplugged, busy, out of paper: live in the status bar, for each kind of device; work goes on."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.config import DeviceChoices
from devices.base import State
from devices.camera import PlayedCamera
from devices.codes.reader import PlayedCodes
from devices.idcard.played import DEMO, PlayedReader
from devices.pages.pipeline import check_paper
from devices.paper.printer import PlayedPrinter
from devices.paper.receipt import PlayedReceipt
from devices.rack import Rack, all_test
from devices.scanner import PlayedScanner
from models.domain.case import Receipt
from models.progress import Progress
from tests.devices.test_codes import ID, events
from tests.views.keys import ALT, CTRL, PATIENCE_MS, press, settle, start_item, type_text
from views.peripherals.capture import Target
from views.peripherals.capture_sheet import CaptureSheet
from views.peripherals.print_sheet import PrintSheet
from views.station import Station

K = Qt.Key
Played = PlayedReader | PlayedCamera | PlayedScanner | PlayedPrinter | PlayedReceipt | PlayedCodes
KINDS = {
    "card_reader": ("读卡器", State.BUSY),
    "camera": ("高拍仪", State.BUSY),
    "scanner": ("扫描仪", State.NO_PAPER),
    "printer": ("打印机", State.NO_PAPER),
    "receipt": ("小票机", State.NO_PAPER),
    "codes": ("扫码枪", State.BUSY),
}
WORDS = {State.ABSENT: "未接", State.BUSY: "占用", State.NO_PAPER: "缺纸"}


@pytest.fixture
def rack(qtbot: QtBot, station: Station) -> Iterator[Rack]:
    made = Rack(all_test(DeviceChoices()))
    station.devices.use(made)
    settle(qtbot, station)
    yield made
    station.shell.close_overlay()
    station.devices.discard()


def cell(station: Station) -> str:
    shown = station.shell.status.cells["devices"]
    return shown.text() if shown.isVisible() else ""


def device(rack: Rack, kind: str) -> Played:
    made = {
        "card_reader": rack.card_reader, "camera": rack.camera, "scanner": rack.scanner,
        "printer": rack.printer, "receipt": rack.receipt, "codes": rack.code_reader,
    }[kind]()  # fmt: skip
    assert isinstance(made, Played)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_device_pulled_out_is_seen_before_it_is_wanted_and_gone_when_it_is_back(
    qtbot: QtBot, station: Station, rack: Rack, kind: str
) -> None:
    name, other = KINDS[kind]
    assert station.devices.health._timer.isActive()
    assert cell(station) == ""
    for state in (State.ABSENT, other):
        device(rack, kind).state = state
        station.devices.health.look()
        wanted = f"● {name}{WORDS[state]}"
        qtbot.waitUntil(lambda: cell(station) == wanted, timeout=PATIENCE_MS)  # noqa: B023 - waited for here
    whole = station.shell.status.cells["devices"].accessibleName()
    assert whole.endswith("。")
    start_item(qtbot, station, "shbzksl")
    type_text(station, "赵样例")  # work goes on
    assert station.workbench.identity.fields["applicant.name"].value() == "赵样例"
    device(rack, kind).state = State.READY
    if kind == "camera":  # plugged in is not yet free: a picture shows that
        open_sheet(qtbot, station)
    station.devices.health.look()
    qtbot.waitUntil(lambda: cell(station) == "", timeout=PATIENCE_MS)


def open_sheet(qtbot: QtBot, station: Station) -> CaptureSheet:
    station.workbench.open_step("materials")
    settle(qtbot, station)
    press(station, K.Key_F12)
    return station.shell.findChildren(CaptureSheet)[-1]


def test_the_card_reader_pulled_out_in_mid_read(qtbot: QtBot, station: Station, rack: Rack) -> None:
    start_item(qtbot, station, "shbzksl")
    device(rack, "card_reader").state = State.ABSENT
    press(station, K.Key_F9)
    settle(qtbot, station)
    assert cell(station) == "● 读卡器未接"
    device(rack, "card_reader").state = State.READY
    press(station, K.Key_F9)
    settle(qtbot, station)
    assert cell(station) == ""
    assert station.workbench.identity.fields["applicant.name"].value() == DEMO.name


def test_the_camera_pulled_out_in_mid_shot(qtbot: QtBot, station: Station, rack: Rack) -> None:
    start_item(qtbot, station, "spjyxk")
    open_sheet(qtbot, station)
    press(station, K.Key_F12)
    camera = device(rack, "camera")
    assert isinstance(camera, PlayedCamera)
    camera.pull_out()
    assert cell(station) == "● 高拍仪未接"
    settle(qtbot, station)


def test_a_scan_a_print_and_a_slip_that_stop_half_way_are_told(
    qtbot: QtBot, station: Station, rack: Rack
) -> None:
    start_item(qtbot, station, "spjyxk")
    sheet = open_sheet(qtbot, station)
    device(rack, "scanner").state = State.NO_PAPER
    sheet.buttons["scan"].click()
    settle(qtbot, station)
    assert cell(station) == "● 扫描仪缺纸"
    station.shell.close_overlay()
    device(rack, "printer").state = State.NO_PAPER
    printing = PrintSheet("样例", device(rack, "printer").status(), receipt=False)
    station.shell.show_overlay(printing)
    station.devices.printing._print(printing, 1)
    settle(qtbot, station)
    assert cell(station) == "● 扫描仪缺纸、打印机缺纸"


def test_a_scanner_of_its_own_is_told_missing_gone_and_read_again_once_it_is_back(
    qtbot: QtBot, station: Station, tmp_path: Path
) -> None:
    """The real driver on a file that gives what the kernel gives; what is scanned while it is gone is typed."""
    path = tmp_path / "event0"
    station.devices.use(Rack(DeviceChoices(codes=str(path))))
    assert cell(station) == "● 扫码枪未接"
    assert "手工输入" in station.shell.status.cells["devices"].accessibleName()
    start_item(qtbot, station, "shbzksl")
    number = station.workbench.identity.fields["applicant.id_number"]
    for turn in range(2):  # plugged in, pulled out, and so again
        os.mkfifo(path)
        station.devices.health.look()
        assert cell(station) == ""
        with open(path, "wb", buffering=0) as hand:
            hand.write(events(ID))
            qtbot.waitUntil(lambda: number.value() == ID, timeout=PATIENCE_MS)
            press(station, K.Key_Z, CTRL)
            qtbot.waitUntil(lambda: number.value() == "", timeout=PATIENCE_MS)
        path.unlink()
        qtbot.waitUntil(lambda: cell(station) == "● 扫码枪未接", timeout=PATIENCE_MS)
        assert "断开" in station.shell.status.cells["devices"].accessibleName(), turn
        station.devices.health.look()
        assert cell(station) == "● 扫码枪未接"
    name = station.workbench.identity.fields["applicant.name"]
    name.editor.setFocus()
    type_text(station, "赵样例")  # work goes on
    assert name.value() == "赵样例"
    station.devices.discard()


def test_one_only_looked_for_is_not_spoken_of_before_it_was_used(qtbot: QtBot, station: Station) -> None:
    station.devices.use(Rack(DeviceChoices()))  # everything 自动, nothing plugged in
    station.devices.health.look()
    settle(qtbot, station)
    assert cell(station) == ""
    press(station, K.Key_F9)
    settle(qtbot, station)
    assert cell(station) == "● 读卡器未接"


def test_a_thick_file_holds_up_no_other_device_and_is_stopped_by_its_key(
    qtbot: QtBot, station: Station, rack: Rack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thick = tmp_path / "thick.tif"
    page = Image.effect_noise((200, 280), 90)
    page.save(thick, save_all=True, append_images=[page] * 3)
    inside, go_on = threading.Event(), threading.Event()

    def slow(data: bytes, progress: Progress) -> int:
        inside.set()
        go_on.wait(120)
        return check_paper(data, progress)

    monkeypatch.setattr("devices.pages.paper_file.check_paper", slow)
    start_item(qtbot, station, "spjyxk")
    sheet = station.workbench.sheet
    assert sheet is not None
    target = Target(sheet.case_id, sheet.item.id, "", "样例")
    station.devices.incoming.add_file(target, thick, Receipt.ELECTRONIC)
    try:
        qtbot.waitUntil(inside.is_set, timeout=PATIENCE_MS)
        press(station, K.Key_F9)  # the card is read meanwhile
        name = station.workbench.identity.fields["applicant.name"]
        qtbot.waitUntil(lambda: name.value() == DEMO.name, timeout=PATIENCE_MS)
        station.workbench.open_step("materials")
        press(station, K.Key_F12)
        capture = station.shell.findChildren(CaptureSheet)[-1].capture
        press(station, K.Key_F12)  # and a page is taken
        qtbot.waitUntil(lambda: len(capture.pages) == 1, timeout=PATIENCE_MS)
        station.shell.close_overlay()
        qtbot.waitUntil(station.shell.work.isVisible, timeout=PATIENCE_MS)
        press(station, K.Key_Q, ALT)
    finally:
        go_on.set()
    settle(qtbot, station)
    assert "已停下" in station.shell.status.message.accessibleName()
    assert thick.exists()
