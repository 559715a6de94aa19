"""Ctrl+P: preview, print, PDF and slip with the test printers; LibreOffice makes the PDF where it is installed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.commands.batch import intake_line
from app.config import DeviceChoices
from app.documents.pdf import converter
from app.sample import filled
from devices.base import State
from devices.paper.printer import PlayedPrinter
from devices.paper.receipt import PlayedReceipt
from devices.rack import Rack, all_test
from tests.desk_kit import item
from tests.views.keys import CTRL, press, settle
from views.peripherals.print_sheet import PrintSheet
from views.station import Station

needs_office = pytest.mark.skipif(converter() is None, reason="LibreOffice is not installed")


@pytest.fixture
def case(qtbot: QtBot, station: Station) -> str:
    station.devices.use(Rack(all_test(DeviceChoices())))
    made = intake_line(station.desk, filled(item("SC001"), random.Random(4), "accept"))
    station.show_case(made.case_id)
    settle(qtbot, station)
    return made.case_id


def message(station: Station) -> str:
    return station.shell._message.accessibleName()


def open_sheet(qtbot: QtBot, station: Station) -> PrintSheet:
    press(station, Qt.Key.Key_P, CTRL)
    qtbot.waitUntil(station.shell.overlay_open, timeout=60_000)
    return station.shell.findChildren(PrintSheet)[-1]


def printer(station: Station) -> PlayedPrinter:
    found = station.devices.rack.printer()
    assert isinstance(found, PlayedPrinter)
    return found


@needs_office
def test_the_current_document_is_previewed_printed_and_saved_as_pdf(
    qtbot: QtBot, station: Station, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = open_sheet(qtbot, station)
    press(station, Qt.Key.Key_Return, CTRL)
    assert "预览还没有好" in sheet.notice.text()
    qtbot.waitUntil(lambda: bool(sheet.pages), timeout=120_000)
    printer(station).state = State.NO_PAPER
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    assert "缺纸" in message(station)
    assert station.shell.overlay_open()
    printer(station).state = State.READY
    sheet.copies.setValue(2)
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    ((job, copies),) = printer(station).jobs
    assert copies == 2
    assert job.startswith(b"%PDF-")
    assert not station.shell.overlay_open()
    sheet = open_sheet(qtbot, station)
    qtbot.waitUntil(lambda: bool(sheet.pages), timeout=120_000)
    target = tmp_path / "文书.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    sheet.buttons["pdf"].setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert target.read_bytes().startswith(b"%PDF-")


def test_without_libreoffice_the_word_file_remains(
    qtbot: QtBot, station: Station, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    sheet = open_sheet(qtbot, station)
    qtbot.waitUntil(lambda: "LibreOffice" in sheet.notice.text(), timeout=60_000)
    assert sheet.buttons["word"].hasFocus()
    press(station, Qt.Key.Key_Return, CTRL)
    assert "导出 Word" in sheet.notice.text()
    assert printer(station).jobs == []


def test_a_slip_goes_to_the_receipt_printer_without_a_name(qtbot: QtBot, station: Station, case: str) -> None:
    sheet = open_sheet(qtbot, station)
    sheet.buttons["slip"].setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    receipt = station.devices.rack.receipt()
    assert isinstance(receipt, PlayedReceipt)
    (sent,) = receipt.sent
    state = station.cases.open_state()
    assert state is not None
    text = sent.decode("gb18030", "replace")
    assert state.item_name[:8] in text
    assert state.value("applicant.name") not in text
    assert f"THB1|{state.number}|accept" in text
    receipt.state = State.NO_PAPER
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert "缺纸" in message(station)
    assert station.shell.overlay_open()


def test_closing_the_sheet_at_once_makes_no_pdf(qtbot: QtBot, station: Station, case: str) -> None:
    open_sheet(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    assert not station.tasks.busy()
    assert not station.shell.overlay_open()
