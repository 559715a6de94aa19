"""八步曲, marks and free services beside the work: ticked by key or click, on record, holding up nothing."""

from __future__ import annotations

import random

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.commands.batch import entry_fields
from app.queries.cases import read_state
from app.sample import filled
from models.device import get_meta, set_meta
from models.domain.case import CaseState, CaseStatus
from tests.desk_kit import item
from tests.views.keys import CTRL, PATIENCE_MS, press, settle, type_text
from views.service.sheet import ServiceSheet
from views.station import Station

ITEM = item("SC015")


@pytest.fixture
def case(qtbot: QtBot, station: Station) -> str:
    station.workbench.start(ITEM)
    settle(qtbot, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    sheet.fields = entry_fields(ITEM, filled(ITEM, random.Random(7)))
    station.workbench.open_step("accept")
    settle(qtbot, station)
    return sheet.case_id


def accept(qtbot: QtBot, station: Station, case_id: str) -> CaseState:
    station.workbench.open_step("accept")
    press(station, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: read_state(station.desk, case_id) is not None, timeout=PATIENCE_MS)
    settle(qtbot, station)
    station.shell.close_overlay()
    return state_of(station, case_id)


def state_of(station: Station, case_id: str) -> CaseState:
    found = read_state(station.desk, case_id)
    assert found is not None
    return found


def open_sheet(station: Station) -> ServiceSheet:
    station.service.open()
    return station.shell.findChildren(ServiceSheet)[-1]


def test_steps_are_ticked_by_digit_and_click_and_come_with_the_acceptance(
    qtbot: QtBot, station: Station, case: str
) -> None:
    strip = station.service.strip
    strip.steps[0].setFocus()
    press(station, Qt.Key.Key_1)
    press(station, Qt.Key.Key_3)
    press(station, Qt.Key.Key_Right)
    press(station, Qt.Key.Key_Space)
    strip.steps[3].click()
    strip.steps[3].click()
    assert strip.fold.accessibleName() == "八步曲 3/8"
    state = accept(qtbot, station, case)
    assert state.status is CaseStatus.ACCEPTED
    assert [path for path in state.fields if path.startswith("step.")] == [
        "step.ask",
        "step.rise",
        "step.take",
    ]


def test_a_step_after_acceptance_is_an_act_of_its_own(qtbot: QtBot, station: Station, case: str) -> None:
    before = accept(qtbot, station, case)
    station.service.strip.steps[7].click()
    settle(qtbot, station)
    after = state_of(station, case)
    assert after.value("step.farewell") == "yes"
    assert after.rev == before.rev + 1
    assert station.service.strip.steps[7].text() == "✓ 目相送"


def test_the_strip_folds_and_unticked_steps_bar_nothing(qtbot: QtBot, station: Station, case: str) -> None:
    station.service.strip.fold.setFocus()
    press(station, Qt.Key.Key_Space)
    assert all(button.isHidden() for button in station.service.strip.steps)
    assert accept(qtbot, station, case).status is CaseStatus.ACCEPTED


def test_marks_and_free_copies_are_on_record_and_on_the_case_page(
    qtbot: QtBot, station: Station, case: str
) -> None:
    sheet = open_sheet(station)
    sheet.grounds["senior"].click()
    sheet.agency["yes"].click()
    sheet.counts["copy"].editor.setFocus()
    type_text(station, "12")
    press(station, Qt.Key.Key_Return)
    assert "先暂存" in sheet.notice.text()  # nothing is on record yet that it could belong to
    station.shell.close_overlay()
    state = accept(qtbot, station, case)
    assert (state.value("service.priority"), state.value("service.agency")) == ("senior", "yes")
    sheet = open_sheet(station)
    sheet.counts["copy"].editor.setFocus()
    type_text(station, "x")
    press(station, Qt.Key.Key_Return)
    assert "1 到 10000" in sheet.notice.text()
    sheet.counts["copy"].set_value("12")
    press(station, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(state_of(station, case).given), timeout=PATIENCE_MS)
    settle(qtbot, station)
    station.shell.close_overlay()
    station.show_case(case)
    settle(qtbot, station)
    shown = "\n".join(one.text() for one in station.cases.findChildren(QLabel) if one.isVisible())
    assert "免费复印 12 页，合 ¥2.40" in shown
    assert "老年人" in shown


def test_a_listed_enterprise_suggests_the_agency_and_chooses_nothing(
    qtbot: QtBot, station: Station, case: str
) -> None:
    sheet = station.workbench.sheet
    assert sheet is not None
    number = sheet.get("applicant.id_number")
    desk = station.desk
    with desk.store.write() as conn:
        told = msgspec.json.decode(get_meta(conn, "directory") or b"{}", type=dict[str, msgspec.Raw])
        listed = msgspec.Raw(msgspec.json.encode({number: "双50强"}))
        set_meta(conn, "directory", msgspec.json.encode({**told, "enterprises": listed}))
        desk.rulebook.adopt_hours(conn)
    station.service.show()
    assert "双50强，可代办" in station.service.strip.marks.accessibleName()
    assert "双50强" in "".join(one.text() for one in open_sheet(station).findChildren(QLabel))
    assert sheet.get("service.agency") == ""
