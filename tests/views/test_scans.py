"""A scanner that types, on the real window: a case opens, identity is filled, typing is never swallowed."""

from __future__ import annotations

import random

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.commands.batch import intake_line
from app.config import DeviceChoices
from app.queries.drafts import read_drafts
from app.sample import filled
from devices.codes.reader import PlayedCodes
from devices.rack import Rack, all_test
from tests.desk_kit import item
from tests.views.keys import ALT, CTRL, NONE, PATIENCE_MS, focused, press, settle, start_item, type_text
from views.station import Station

ID, USCC = "11010519491231002X", "91350100M000100Y43"


class Hand:
    """Keys at a pace, with the times that a keyboard would stamp on them."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._at = 1_000_000
        station.devices.wedge.clock = lambda _: self._at

    def keys(self, text: str, gap: int) -> None:
        for char in text:
            self._at += gap
            enter = char == "\r"
            key = Qt.Key.Key_Return if enter else Qt.Key(ord(char.upper()))
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QApplication.sendEvent(focused(self._station), QKeyEvent(kind, key, NONE, char))

    def scan(self, text: str) -> None:
        self._at += 500
        self.keys(text + "\r", 4)

    def type(self, text: str) -> None:
        self._at += 500
        self.keys(text, 90)


@pytest.fixture
def hand(station: Station) -> Hand:
    return Hand(station)


def message(station: Station) -> str:
    return station.shell._message.accessibleName()


def number_of_a_case(station: Station) -> str:
    return intake_line(station.desk, filled(item("SC001"), random.Random(4), "accept")).number


def test_a_scanned_case_number_opens_the_case_from_any_field(
    qtbot: QtBot, station: Station, hand: Hand
) -> None:
    number = number_of_a_case(station)
    start_item(qtbot, station, "shbzksl")
    hand.type("Wang ")
    hand.scan(number)
    settle(qtbot, station)
    assert station.shell.current_page() == "cases"
    state = station.cases.open_state()
    assert state is not None
    assert state.number == number
    assert station.workbench.identity.fields["applicant.name"].value() == "Wang "
    assert read_drafts(station.desk)[0].fields["applicant.name"] == "Wang "


def test_a_notices_qr_opens_its_case_from_a_list(qtbot: QtBot, station: Station, hand: Hand) -> None:
    number = number_of_a_case(station)
    start_item(qtbot, station, "shbzksl")
    press(station, Qt.Key.Key_4, ALT)
    sheet = station.workbench.sheet
    assert sheet is not None
    before = dict(sheet.fields)
    hand.scan(f"THB1|{number}|accept|2026-11-23")
    settle(qtbot, station)
    state = station.cases.open_state()
    assert state is not None
    assert state.number == number
    assert sheet.fields == before  # the digits in it chose nothing


def test_a_scanned_uscc_fills_the_organisation_from_a_list(
    qtbot: QtBot, station: Station, hand: Hand
) -> None:
    start_item(qtbot, station, "gssldj")
    press(station, Qt.Key.Key_4, ALT)
    hand.scan(USCC)
    settle(qtbot, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    assert sheet.fields == {
        "applicant.kind": "organisation",
        "applicant.id_kind": "uscc",
        "applicant.id_number": USCC,
    }
    station.workbench.identity.focus_path("applicant.id_number")
    press(station, Qt.Key.Key_Z, CTRL)
    assert sheet.fields == {}


def test_a_scan_into_the_search_box_leaves_no_text_there(qtbot: QtBot, station: Station, hand: Hand) -> None:
    number = number_of_a_case(station)
    press(station, Qt.Key.Key_F3)
    qtbot.waitUntil(station.shell.overlay_open, timeout=PATIENCE_MS)
    line = focused(station)
    assert isinstance(line, QLineEdit)
    hand.scan(number)
    assert line.text() == ""
    settle(qtbot, station)
    assert not station.shell.overlay_open()
    assert station.cases.open_state() is not None


def test_the_same_number_typed_by_a_clerk_stays_where_it_was_typed(
    qtbot: QtBot, station: Station, hand: Hand
) -> None:
    start_item(qtbot, station, "shbzksl")
    station.workbench.identity.focus_path("applicant.id_number")
    hand.type(ID + "\r")
    assert station.workbench.identity.fields["applicant.id_number"].value() == ID
    assert station.workbench.identity.fields["applicant.kind"].value() == ""
    assert "扫码" not in message(station)


def test_with_a_prefix_no_field_ever_sees_the_scan(qtbot: QtBot, station: Station, hand: Hand) -> None:
    station.devices.use(Rack(DeviceChoices(codes="prefix:~")))
    start_item(qtbot, station, "shbzksl")
    seen: list[str] = []
    editor = station.workbench.identity.fields["applicant.name"].editor
    assert isinstance(editor, QLineEdit)
    editor.textEdited.connect(seen.append)
    hand.scan("~" + ID)
    settle(qtbot, station)
    assert seen == []
    assert station.workbench.identity.fields["applicant.id_number"].value() == ID
    editor.setFocus()
    hand.type("a~b")
    qtbot.waitUntil(lambda: editor.text() == "a~b", timeout=PATIENCE_MS)


def test_a_scanner_of_its_own_is_taken_by_device_not_by_focus(qtbot: QtBot, station: Station) -> None:
    station.devices.use(Rack(all_test(DeviceChoices())))
    reader = station.devices.rack.code_reader()
    assert isinstance(reader, PlayedCodes)
    start_item(qtbot, station, "shbzksl")
    type_text(station, "Wang")
    reader.play(ID)
    settle(qtbot, station)
    assert station.workbench.identity.fields["applicant.id_number"].value() == ID
    assert station.workbench.identity.fields["applicant.name"].value() == "Wang"
    reader.play("6901234567892")
    assert "没有对应" in message(station)


def test_a_guides_qr_starts_its_item(qtbot: QtBot, station: Station, hand: Hand) -> None:
    settle(qtbot, station)
    station.devices.code("THBG1|SB012|2026.11.23-r0001")
    settle(qtbot, station)
    assert station.workbench.sheet is not None
    assert station.workbench.sheet.item.id == "SB012"


def test_an_unknown_case_number_is_said(qtbot: QtBot, station: Station, hand: Hand) -> None:
    station.devices.code("370911202600009994")
    settle(qtbot, station)
    assert "没有" in message(station)
