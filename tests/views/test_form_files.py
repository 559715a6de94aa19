"""Blank forms and samples at the window: from the material list and the guide to the printer."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.config import DeviceChoices
from devices.paper.printer import PlayedPrinter
from devices.paper.render import as_pdf
from devices.rack import Rack, all_test
from models.device import set_meta
from models.domain.forms import FormFile, write_form_list
from sync.forms import LIST_KEY
from tests.desk_kit import item
from tests.views.keys import ALT, CTRL, PATIENCE_MS, press, settle
from views.palette.guide import GuideSheet
from views.peripherals.print_sheet import PrintSheet
from views.station import Station
from views.widgets import KeyButton

ITEM = item("SC001")
MATERIAL = next(m for m in ITEM.materials if m.blank and m.sample)


@pytest.fixture
def page(station: Station) -> bytes:
    """The blank of one material is here as a PDF; its sample is listed and still at the hub."""
    image = QImage(210, 297, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    pdf = as_pdf([image])
    station.devices.use(Rack(all_test(DeviceChoices())))
    files = [
        FormFile(
            name=MATERIAL.blank, sha256=hashlib.sha256(pdf).hexdigest(), size=len(pdf), media="application/pdf"
        ),
        FormFile(name=MATERIAL.sample, sha256="0" * 64, size=9, media="application/pdf"),
    ]  # fmt: skip
    with station.desk.store.write() as conn:
        set_meta(conn, LIST_KEY, write_form_list(files))
    station.desk.forms.put(files[0].sha256, pdf)
    return pdf


def sheet_of(qtbot: QtBot, station: Station) -> PrintSheet:
    qtbot.waitUntil(lambda: bool(station.shell.findChildren(PrintSheet)), timeout=60_000)
    sheet = station.shell.findChildren(PrintSheet)[-1]
    qtbot.waitUntil(lambda: bool(sheet.pages), timeout=60_000)
    return sheet


def jobs(station: Station) -> int:
    printer = station.devices.rack.printer()
    assert isinstance(printer, PlayedPrinter)
    return len(printer.jobs)


def message(station: Station) -> str:
    return station.shell._message.accessibleName()


def at_material(qtbot: QtBot, station: Station) -> None:
    station.workbench.start(ITEM)
    settle(qtbot, station)
    press(station, Qt.Key.Key_4, ALT)
    step = station.workbench.materials
    step.table.go_to(MATERIAL.id)
    qtbot.waitUntil(step.forms.isVisible, timeout=PATIENCE_MS)


def test_a_blank_is_printed_from_the_material_list(qtbot: QtBot, station: Station, page: bytes) -> None:
    at_material(qtbot, station)
    station.workbench.materials.forms.buttons[MATERIAL.blank].setFocus()
    press(station, Qt.Key.Key_Return)
    sheet = sheet_of(qtbot, station)
    sheet.copies.setValue(3)
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    assert jobs(station) == 1
    assert not station.shell.overlay_open()


def test_the_buttons_follow_the_row(qtbot: QtBot, station: Station, page: bytes) -> None:
    at_material(qtbot, station)
    step = station.workbench.materials
    assert set(step.forms.buttons) == {MATERIAL.blank, MATERIAL.sample}
    other = next(m for m in ITEM.materials if m.id != MATERIAL.id and (m.blank, m.sample) != ("", ""))
    step.table.go_to(other.id)
    assert set(step.forms.buttons) == {name for name in (other.blank, other.sample) if name}


def test_what_is_not_here_is_said_and_nothing_opens(qtbot: QtBot, station: Station, page: bytes) -> None:
    at_material(qtbot, station)
    station.workbench.materials.forms.buttons[MATERIAL.sample].setFocus()
    press(station, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "连不上中心" in message(station), timeout=60_000)
    assert not station.shell.overlay_open()


def test_the_guide_comes_back_with_its_answers(qtbot: QtBot, station: Station, page: bytes) -> None:
    station.finding.open_guide(ITEM.id)
    (guide,) = station.shell.findChildren(GuideSheet)
    question = guide.questions.rows[0].options[0]
    question.setFocus()
    press(station, Qt.Key.Key_1)
    given = dict(guide.sheet.answers)
    assert given
    name = f"打印空白表：{MATERIAL.name}"
    buttons = [one for one in guide.findChildren(KeyButton) if one.isVisible()]
    button = next(one for one in buttons if one.accessibleName() == name)
    button.setFocus()
    press(station, Qt.Key.Key_Return)
    sheet_of(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    qtbot.wait(50)  # the former sheets are deleted by the event loop
    (again,) = station.shell.findChildren(GuideSheet)
    assert again.sheet.answers == given


def test_a_form_is_kept_as_it_came(
    qtbot: QtBot, station: Station, page: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "空白表.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    station.devices.printing.open_form(MATERIAL.blank)
    sheet = sheet_of(qtbot, station)
    sheet.buttons["word"].setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert target.read_bytes() == page
