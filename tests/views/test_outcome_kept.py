"""What is typed for 不予受理, 撤回, 一次性告知 or 当场更正 at the workbench is kept like the case itself."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import Session
from app.commands.batch import entry_fields
from app.queries.drafts import read_drafts
from app.sample import filled
from tests.desk_kit import item
from tests.views.keys import ALT, PATIENCE_MS, press, settle, type_text
from tests.views.test_forms_kept import Open, lock, session, signed_in
from views.station import Station
from views.widgets import Field, KeyButton
from views.workbench.sheet import Sheet

__all__ = ["session", "signed_in"]

K = Qt.Key
OF = item("TZ004")


def begin(qtbot: QtBot, station: Station) -> Sheet:
    """A paper is wrong, and one review point is failed."""
    sheet = Sheet(station.desk.make_id(), OF, station.workbench.today())
    sheet.fields = entry_fields(OF, filled(OF, random.Random(3), "accept"))
    sheet.fields |= {"material.M1": "defective", "material.M1.note": "日期写错"}
    sheet.fields[f"point.{sheet.points()[0].id}"] = "fail"
    station.workbench.show_sheet(sheet)
    station.workbench.open_step("materials")
    station.workbench.autosave()
    settle(qtbot, station)
    return sheet


def forms(station: Station) -> dict[str, Field]:
    return {f.editor.accessibleName(): f for f in station.workbench.outcome.findChildren(Field)}


def shown(station: Station) -> bool:
    return station.workbench.acts._bench.outcome_frame.isVisible()


def refuse(station: Station) -> None:
    """Through the action bar, by key."""
    bar = station.workbench.acts._bench.bar.buttons["refuse"]
    bar.setFocus()
    press(station, K.Key_Return)
    QApplication.processEvents()


def correct(station: Station) -> None:
    press(station, K.Key_E, ALT)
    QApplication.processEvents()


def button(station: Station, words: str) -> KeyButton:
    return next(b for b in station.workbench.outcome.findChildren(KeyButton) if words in b.text())


def back_after_a_lock(qtbot: QtBot, session: Session, signed_in: Open) -> Station:
    """Nothing of the former window is left: as after a power cut, only the replica is."""
    lock(qtbot, session)
    station = signed_in()
    qtbot.waitUntil(lambda: station.workbench.sheet is not None, timeout=PATIENCE_MS)
    settle(qtbot, station)
    return station


@pytest.mark.parametrize(
    ("ask", "name", "typed"),
    [(refuse, "具体理由（印在通知书上）", "bu fu he"), (correct, "更正为", "2026")],
)
def test_what_is_typed_comes_back_after_the_lock(
    qtbot: QtBot,
    session: Session,
    signed_in: Open,
    ask: Callable[[Station], None],
    name: str,
    typed: str,
) -> None:
    station = signed_in()
    sheet = begin(qtbot, station)
    ask(station)
    forms(station)[name].editor.setFocus()
    type_text(station, typed)
    settle(qtbot, station)
    before = {told: field.value() for told, field in forms(station).items()}
    assert before[name] == typed
    station = back_after_a_lock(qtbot, session, signed_in)
    assert station.workbench.sheet is not None
    assert station.workbench.sheet.case_id == sheet.case_id
    assert shown(station)
    assert {told: field.value() for told, field in forms(station).items()} == before
    assert station.workbench.sheet.fields == sheet.fields  # no word of the form is a word of the case


def test_it_is_written_as_it_is_typed(qtbot: QtBot, signed_in: Open) -> None:
    station = signed_in()
    begin(qtbot, station)
    refuse(station)
    type_text(station, "abc")
    settle(qtbot, station)
    (draft,) = read_drafts(station.desk)
    assert draft.outcome.open == "refuse"
    assert draft.outcome.words == {"refuse": {"reason": "abc"}}


def test_gone_back_to_a_step_the_words_wait(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    station = signed_in()
    begin(qtbot, station)
    refuse(station)
    type_text(station, "abc")
    press(station, K.Key_1, ALT)
    assert not shown(station)
    refuse(station)
    assert forms(station)["具体理由（印在通知书上）"].value() == "abc"
    button(station, "返回").run.emit()
    settle(qtbot, station)
    station = back_after_a_lock(qtbot, session, signed_in)
    assert not shown(station)
    refuse(station)
    assert forms(station)["具体理由（印在通知书上）"].value() == "abc"


def test_a_correction_that_is_done_leaves_nothing(qtbot: QtBot, signed_in: Open) -> None:
    station = signed_in()
    begin(qtbot, station)
    correct(station)
    forms(station)["原来写的"].editor.setFocus()
    type_text(station, "2062")
    forms(station)["更正为"].editor.setFocus()
    type_text(station, "2026")
    forms(station)["谁更正并签名"].set_value("applicant")
    button(station, "记下").run.emit()
    settle(qtbot, station)
    assert not shown(station)
    press(station, K.Key_E, ALT)
    assert forms(station)["更正为"].value() == ""


def test_words_for_one_paper_are_not_put_to_another(qtbot: QtBot, signed_in: Open) -> None:
    station = signed_in()
    sheet = begin(qtbot, station)
    correct(station)
    forms(station)["更正为"].editor.setFocus()
    type_text(station, "2026")
    path = next(p for p, _ in sheet.places() if p.startswith("form.") and sheet.get(p))
    station.workbench.open_step("form", path)
    correct(station)
    form = forms(station)
    assert (form["更正处"].value(), form["更正为"].value()) == (path, "")


def test_a_form_only_looked_at_leaves_no_draft(qtbot: QtBot, station: Station) -> None:
    sheet = Sheet(station.desk.make_id(), OF, station.workbench.today())
    station.workbench.show_sheet(sheet)
    refuse(station)
    button(station, "返回").run.emit()
    settle(qtbot, station)
    assert read_drafts(station.desk) == []
