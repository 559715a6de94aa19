"""设置 → 设备: choices hold at once and are kept; each device can be tried; F9 on the case list."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.bootstrap import Session
from app.commands.batch import intake_line
from app.config import DeviceChoices, Profile, Settings, read_settings
from app.sample import filled
from devices.idcard.played import DEMO
from devices.rack import KINDS, Rack, all_test
from tests.desk_kit import item
from tests.views.keys import press, settle, type_text
from views.peripherals.setup_sheet import SetupSheet
from views.station import Station
from views.widgets import KeyButton

pytestmark = pytest.mark.qt_log_ignore("Couldn't (load|resolve)")


def open_setup(qtbot: QtBot, station: Station) -> SetupSheet:
    settle(qtbot, station)
    station.ways.open_settings()
    (button,) = [b for b in station.shell.findChildren(KeyButton) if b.text().startswith("设备：")]
    button.setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    return station.shell.findChildren(SetupSheet)[-1]


def test_a_choice_holds_at_once(qtbot: QtBot, station: Station) -> None:
    sheet = open_setup(qtbot, station)
    kept: list[DeviceChoices] = []
    station.devices.chosen.connect(kept.append)
    assert sheet.boxes["card_reader"].hasFocus()
    combo = sheet.boxes["camera"]
    combo.setFocus()
    press(station, Qt.Key.Key_End)  # the last one: 试验设备, for no camera is here
    assert kept[-1].camera == combo.currentData()
    sheet.boxes["card_reader"].setFocus()
    line = sheet.boxes["card_reader"].lineEdit()
    assert line is not None
    line.selectAll()
    type_text(station, "/opt/reader/libsdt.so")
    press(station, Qt.Key.Key_Return)
    assert kept[-1].card_reader == "/opt/reader/libsdt.so"
    assert station.devices.rack.choices == kept[-1] == sheet.choices()


@pytest.mark.parametrize("kind", KINDS)
def test_every_device_can_be_tried(qtbot: QtBot, station: Station, kind: str) -> None:
    station.devices.use(Rack(all_test(DeviceChoices())))
    sheet = open_setup(qtbot, station)
    sheet.tests[kind].setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert sheet._tags[kind].text() == "正常"
    assert "试验" in sheet._texts[kind].text()
    station.shell.close_overlay()
    station.devices.use(Rack(DeviceChoices(**dict.fromkeys(KINDS, "none"))))
    sheet = open_setup(qtbot, station)
    sheet.test(kind)
    assert sheet._tags[kind].text() == "未接"
    assert "不受影响" in sheet._texts[kind].text()


def test_the_watched_folder_is_chosen_and_given_up(
    qtbot: QtBot, station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = open_setup(qtbot, station)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    sheet._choose_folder()
    assert station.devices.rack.choices.watched == str(tmp_path)
    assert station.devices.watching._folder is not None
    sheet._no_folder.setFocus()
    press(station, Qt.Key.Key_Space)
    assert station.devices.rack.choices.watched == ""
    settle(qtbot, station)


def test_choices_are_kept_in_the_profile(qapp: QApplication, tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    session = Session(qapp, profile, Settings())
    choices = DeviceChoices(receipt="192.168.1.60:9100", watched="/srv/scan")
    session._devices(choices)
    assert read_settings(profile).devices == choices
    session.tasks.close()


def test_on_the_case_list_a_card_looks_for_its_holder(qtbot: QtBot, station: Station) -> None:
    intake_line(station.desk, filled(item("SC001"), random.Random(4), "accept"))
    station.devices.use(Rack(all_test(DeviceChoices())))
    station.shell.show_page("cases")
    settle(qtbot, station)
    press(station, Qt.Key.Key_F9)
    settle(qtbot, station)
    assert station.cases.list.search.text() == DEMO.name
