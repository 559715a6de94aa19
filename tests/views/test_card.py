"""F9 with the test reader: the card fills the identity step wherever the focus is, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.config import DeviceChoices
from app.queries.drafts import read_drafts
from devices.base import State
from devices.idcard.played import DEMO, PlayedReader
from devices.idcard.record import build_record
from devices.rack import Rack, all_test
from tests.views.keys import ALT, CTRL, press, settle, start_item, type_text
from tests.views.test_bundle import open_shop
from views.station import Station

OTHER = msgspec.structs.replace(DEMO, name="李样例", number="110105194912310038")


@pytest.fixture
def reader(station: Station) -> PlayedReader:
    station.devices.use(Rack(all_test(DeviceChoices())))
    found = station.devices.rack.card_reader()
    assert isinstance(found, PlayedReader)
    return found


def message(station: Station) -> str:
    return station.shell._message.accessibleName()


def shown(station: Station, path: str) -> list[str]:
    return [w.text() for w in station.workbench.identity.fields[path].findChildren(QLabel) if w.isVisible()]


def read(qtbot: QtBot, station: Station) -> None:
    press(station, Qt.Key.Key_F9)
    settle(qtbot, station)


def test_the_card_fills_the_applicant_and_the_draft(
    qtbot: QtBot, station: Station, reader: PlayedReader
) -> None:
    start_item(qtbot, station, "shbzksl")
    read(qtbot, station)
    fields = station.workbench.identity.fields
    assert fields["applicant.name"].value() == DEMO.name
    assert fields["applicant.id_kind"].value() == "resident_id"
    assert fields["applicant.id_number"].value() == DEMO.number
    assert fields["applicant.kind"].value() == "person"
    assert "读身份证" in shown(station, "applicant.id_number")
    assert fields["applicant.phone"].editor.hasFocus()  # the first gap
    assert read_drafts(station.desk)[0].fields["applicant.id_number"] == DEMO.number


def test_ctrl_z_brings_back_what_was_typed(qtbot: QtBot, station: Station, reader: PlayedReader) -> None:
    start_item(qtbot, station, "shbzksl")
    type_text(station, "赵样例")
    read(qtbot, station)
    assert "Ctrl+Z" not in message(station)  # no number had been typed
    press(station, Qt.Key.Key_Z, CTRL)
    fields = station.workbench.identity.fields
    assert fields["applicant.name"].value() == "赵样例"
    assert fields["applicant.id_number"].value() == ""
    assert "读身份证" not in shown(station, "applicant.id_number")
    settle(qtbot, station)
    assert "applicant.id_number" not in read_drafts(station.desk)[0].fields


def test_typing_is_taken_back_before_the_card(qtbot: QtBot, station: Station, reader: PlayedReader) -> None:
    start_item(qtbot, station, "shbzksl")
    read(qtbot, station)
    type_text(station, "138")
    press(station, Qt.Key.Key_Z, CTRL)
    fields = station.workbench.identity.fields
    assert fields["applicant.phone"].value() == ""
    assert fields["applicant.name"].value() == DEMO.name


def test_another_card_over_a_typed_number_says_how_to_get_it_back(
    qtbot: QtBot, station: Station, reader: PlayedReader
) -> None:
    start_item(qtbot, station, "shbzksl")
    station.workbench.identity.focus_path("applicant.id_number")
    type_text(station, OTHER.number)
    read(qtbot, station)
    assert "Ctrl+Z" in message(station)
    assert station.workbench.identity.fields["applicant.id_number"].value() == DEMO.number


def test_in_an_agents_field_the_card_is_the_agents(
    qtbot: QtBot, station: Station, reader: PlayedReader
) -> None:
    start_item(qtbot, station, "shbzksl")
    station.workbench.identity.focus_path("agent.phone")
    read(qtbot, station)
    assert station.workbench.identity.fields["agent.name"].value() == DEMO.name
    assert station.workbench.identity.fields["applicant.name"].value() == ""


def test_from_the_material_list_the_card_goes_to_the_identity_not_the_list(
    qtbot: QtBot, station: Station, reader: PlayedReader
) -> None:
    start_item(qtbot, station, "shbzksl")
    press(station, Qt.Key.Key_4, ALT)
    read(qtbot, station)
    assert station.workbench.step == "identity"
    assert station.workbench.identity.fields["applicant.name"].value() == DEMO.name


def test_read_before_the_item_is_chosen_it_waits_for_the_next_case(
    qtbot: QtBot, station: Station, reader: PlayedReader
) -> None:
    settle(qtbot, station)
    read(qtbot, station)
    assert "F3" in message(station)
    start_item(qtbot, station, "shbzksl")
    assert station.workbench.identity.fields["applicant.name"].value() == DEMO.name
    start_item(qtbot, station, "bdcyydj")
    assert station.workbench.identity.fields["applicant.name"].value() == ""


def test_the_next_visitor_never_gets_the_last_ones_card(
    qtbot: QtBot, station: Station, reader: PlayedReader
) -> None:
    settle(qtbot, station)
    read(qtbot, station)
    press(station, Qt.Key.Key_F7)
    start_item(qtbot, station, "shbzksl")
    assert station.workbench.identity.fields["applicant.name"].value() == ""


@pytest.mark.parametrize("state", [State.ABSENT, State.BUSY])
def test_unplugged_or_busy_is_said_and_nothing_is_lost(
    qtbot: QtBot, station: Station, reader: PlayedReader, state: State
) -> None:
    start_item(qtbot, station, "shbzksl")
    type_text(station, "赵样例")
    reader.state = state
    read(qtbot, station)
    assert "办件不受影响" in message(station)
    type_text(station, "甲")
    assert station.workbench.identity.fields["applicant.name"].value() == "赵样例甲"


def test_an_expired_card_fills_nothing(qtbot: QtBot, station: Station, reader: PlayedReader) -> None:
    reader._records = (build_record(msgspec.structs.replace(DEMO, valid_to="2020-01-01")),)
    start_item(qtbot, station, "shbzksl")
    read(qtbot, station)
    assert "到期" in message(station)
    assert station.workbench.identity.fields["applicant.name"].value() == ""


def test_without_a_driver_the_window_says_so(qtbot: QtBot, station: Station, tmp_path: Path) -> None:
    start_item(qtbot, station, "shbzksl")
    read(qtbot, station)
    assert "手工填写" in message(station)
    station.devices.use(Rack(DeviceChoices(card_reader="none")))
    read(qtbot, station)
    assert "没有接身份证读卡器" in message(station)


def test_on_a_bundle_the_card_is_the_applicants_of_the_set(
    qtbot: QtBot, station: Station, reader: PlayedReader
) -> None:
    start_item(qtbot, station, "shbzksl")  # a case lies on the bench meanwhile
    page = open_shop(qtbot, station)
    page.form.focus_path("applicant.name")
    type_text(station, "Zhao")
    read(qtbot, station)
    assert page.sheet is not None
    assert page.sheet.get("applicant.name") == DEMO.name
    assert page.sheet.get("applicant.id_number") == DEMO.number
    page.form.focus_path("applicant.name")
    press(station, Qt.Key.Key_Z, CTRL)
    assert page.form.fields["applicant.name"].value() == "Zhao"
    assert page.sheet.get("applicant.id_number") == ""
    assert station.workbench.sheet is not None
    assert station.workbench.sheet.get("applicant.name") == ""
