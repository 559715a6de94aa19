"""The one form of a 一件事: its order on the screen and under Tab, and values that are typed key by key."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.domain.catalog import FieldType
from tests.views.keys import press, settle, type_text
from tests.views.test_bundle import SHOP, open_shop
from views.bundle.page import BundlePage
from views.station import Station

K = Qt.Key


def answer(page: BundlePage, *, other: bool = False) -> None:
    """All questions; ``other``: the first one otherwise first, so that fields come, go and come again."""
    assert page.sheet is not None
    for question, option in SHOP.items():
        if other and question == "form":
            page.questions.answered.emit("answer.form", "shop")
        page.questions.answered.emit(f"answer.{question}", option)
    for asked in page.sheet.plan.questions:
        if asked.id not in page.sheet.plan.answers:
            page.questions.answered.emit(f"answer.{asked.id}", asked.question.options[0].id)


def typed(qtbot: QtBot, station: Station, kind: FieldType) -> str:
    """The path of the first field of this kind, with the focus in it."""
    page = open_shop(qtbot, station)
    answer(page)
    assert page.sheet is not None
    spec = next(f.field for f in page.sheet.plan.form.fields if f.field.type is kind)
    page.form.focus_path(f"form.{spec.id}")
    return f"form.{spec.id}"


def test_fields_stand_and_follow_each_other_as_in_the_form(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    answer(page, other=True)
    sheet = page.sheet
    assert sheet is not None
    settle(qtbot, station)
    wanted = [f"form.{f.field.id}" for f in sheet.plan.form.fields]
    qtbot.waitUntil(lambda: all(page.form.fields[p].isVisible() for p in wanted))
    tops = [page.form.fields[path].y() for path in wanted]
    qtbot.waitUntil(lambda: len({page.form.fields[p].y() for p in wanted}) == len(wanted))
    tops = [page.form.fields[path].y() for path in wanted]
    assert tops == sorted(tops)
    page.form.focus_path("applicant.phone")
    for path in wanted:
        press(station, K.Key_Tab)
        assert page.form.fields[path].editor.hasFocus(), path


def test_a_date_is_not_rewritten_under_the_hand(qtbot: QtBot, station: Station) -> None:
    path = typed(qtbot, station, FieldType.DATE)
    page = station.bundles
    assert page.sheet is not None
    type_text(station, "2026-1-12")
    assert page.form.fields[path].value() == "2026-1-12"
    assert page.sheet.get(path) == "2026-01-12"
    press(station, K.Key_Tab)
    assert page.form.fields[path].value() == "2026-01-12"  # as it is stored, once it is left


def test_a_correction_in_the_middle_keeps_its_place(qtbot: QtBot, station: Station) -> None:
    path = typed(qtbot, station, FieldType.DECIMAL)
    page = station.bundles
    assert page.sheet is not None
    type_text(station, "1234.5")
    for _ in range(5):
        press(station, K.Key_Left)
    type_text(station, ",0")
    assert page.form.fields[path].value() == "1,0234.5"
    assert page.sheet.get(path) == "10234.5"
    press(station, K.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.form.fields[path].value() == "1234.5"


def test_what_takes_several_lines_keeps_them(qtbot: QtBot, station: Station) -> None:
    path = typed(qtbot, station, FieldType.MULTILINE)
    page = station.bundles
    assert page.sheet is not None
    type_text(station, "a b")
    press(station, K.Key_Return)
    type_text(station, "c")
    assert QApplication.focusWidget() is page.form.fields[path].editor
    assert page.sheet.get(path) == "a b\nc"
    assert page.form.fields[path].value() == "a b\nc"
