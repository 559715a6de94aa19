"""Alt+E at the workbench: 当场更正 by keyboard, on a real replica."""

from __future__ import annotations

import random

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.commands.batch import entry_fields
from app.queries.cases import read_state
from app.sample import filled
from tests.desk_kit import item
from tests.views.keys import ALT, press, settle
from views.station import Station
from views.widgets import Field, KeyButton
from views.workbench.sheet import Sheet

OF = item("TZ004")


def opened(qtbot: QtBot, station: Station) -> Sheet:
    sheet = Sheet(station.desk.make_id(), OF, station.workbench.today())
    sheet.fields = entry_fields(OF, filled(OF, random.Random(3), "accept"))
    sheet.fields |= {"material.M1": "defective", "material.M1.note": "日期写错"}
    station.workbench.show_sheet(sheet)
    station.workbench.open_step("materials")
    settle(qtbot, station)
    return sheet


def fields(station: Station) -> dict[str, Field]:
    return {f.editor.accessibleName(): f for f in station.workbench.outcome.findChildren(Field)}


def test_a_wrong_paper_is_corrected_and_taken_in(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    press(station, Qt.Key.Key_E, ALT)
    QApplication.processEvents()
    form = fields(station)
    assert form["更正处"].value() == "material.M1"
    form["原来写的"].set_value("2062 年")
    form["更正为"].set_value("2026 年")
    form["谁更正并签名"].set_value("applicant")
    next(b for b in station.workbench.outcome.findChildren(KeyButton) if "记下" in b.text()).run.emit()
    settle(qtbot, station)
    state = read_state(station.desk, sheet.case_id)
    assert state is not None
    assert [one.was for one in state.amended] == ["2062 年"]
    assert sheet.get("material.M1") == "paper"
    assert station.workbench.step == "materials"
    assert not station.workbench.acts._bench.outcome_frame.isVisible()


def test_an_objection_keeps_what_was_typed(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    press(station, Qt.Key.Key_E, ALT)
    fields(station)["更正为"].set_value("2026 年")
    next(b for b in station.workbench.outcome.findChildren(KeyButton) if "记下" in b.text()).run.emit()
    settle(qtbot, station)
    assert "原来是什么" in station.workbench.notice.text()
    assert fields(station)["更正为"].value() == "2026 年"
    assert read_state(station.desk, sheet.case_id) is None


def test_a_form_field_brings_what_it_says_now(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    path = next(p for p, _ in sheet.places() if p.startswith("form.") and sheet.get(p))
    station.workbench.open_step("form", path)
    press(station, Qt.Key.Key_E, ALT)
    form = fields(station)
    assert (form["更正处"].value(), form["原来写的"].value()) == (path, sheet.get(path))
