"""The keys of ui.md §5 on the page of a 一件事: steps, gaps, papers, points, undo, composing."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QInputMethodEvent
from PyQt6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from models.domain.case import Receipt
from models.domain.checklist import allowed_receipts
from tests.views.keys import ALT, CTRL, focused, press, start_item
from tests.views.test_bundle import SHOP, fill, open_shop
from views.station import Station

SHIFT = Qt.KeyboardModifier.ShiftModifier
K = Qt.Key
HERE = Path(__file__).parent


def test_alt_digits_lead_through_a_set(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    for question, option in SHOP.items():
        page.questions.answered.emit(f"answer.{question}", option)
    parts = (page.form, page.questions, page.form, page.papers, page.papers)
    for number, part in enumerate(parts, start=1):
        press(station, Qt.Key(K.Key_0 + number), ALT)
        assert part.isAncestorOf(focused(station)), number
    press(station, K.Key_6, ALT)
    assert focused(station) is page._accept


def test_f8_walks_the_gaps_of_a_set_both_ways(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    for question, option in SHOP.items():
        page.questions.answered.emit(f"answer.{question}", option)
    assert page.sheet is not None
    paths = [gap.path for gap in page.sheet.plan.open_gaps]
    seen = []
    for _ in paths:
        press(station, K.Key_F8)
        seen.append(page._gap)
    assert seen == paths
    press(station, K.Key_F8, SHIFT)
    assert page._gap == paths[-2]
    press(station, K.Key_F8)
    press(station, K.Key_F8)
    assert page._gap == paths[0]


def at_papers(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    press(station, K.Key_4, ALT)
    assert focused(station) is station.workbench.materials.table


def test_arrows_home_and_end_go_through_the_papers(qtbot: QtBot, station: Station) -> None:
    at_papers(qtbot, station)
    page = station.workbench
    assert page.sheet is not None
    ids = [m.id for m in page.sheet.materials()]
    assert len(ids) > 2
    for key, wanted in (
        (K.Key_End, ids[-1]),
        (K.Key_Up, ids[-2]),
        (K.Key_Home, ids[0]),
        (K.Key_Down, ids[1]),
    ):
        press(station, key)
        assert page.materials.table.current_key() == wanted


def test_each_digit_says_how_a_paper_came_or_why_it_may_not(qtbot: QtBot, station: Station) -> None:
    at_papers(qtbot, station)
    page = station.workbench
    sheet = page.sheet
    assert sheet is not None
    paper = sheet.materials()[0]
    allowed = allowed_receipts(sheet.item, paper)
    ways = (
        Receipt.PAPER,
        Receipt.SCAN,
        Receipt.CERTIFICATE,
        Receipt.ELECTRONIC,
        Receipt.DEFERRED,
        Receipt.COMMITTED,
        Receipt.DEFECTIVE,
    )
    path = f"material.{paper.id}"
    for digit, way in enumerate(ways, start=1):
        page.materials.focus_path(path)
        press(station, Qt.Key(K.Key_0 + digit))
        if allowed[way]:
            assert sheet.get(path) == "", way
            said = [w.text() for w in page.materials.findChildren(QLabel) if w.isVisible()]
            assert any(f"{digit} 不可选" in text for text in said), way
            continue
        assert sheet.get(path) == way
        page.materials.focus_path(path)
        press(station, K.Key_0)
        assert sheet.get(path) == ""
        page.materials.focus_path(path)
        press(station, K.Key_Z, CTRL)
        assert sheet.get(path) == way
        press(station, K.Key_0)
    assert not all(allowed.values())


def test_each_digit_judges_a_point_and_ctrl_z_takes_it_back(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    press(station, K.Key_5, ALT)
    page = station.workbench
    sheet = page.sheet
    assert sheet is not None
    point = f"point.{sheet.points()[0].id}"
    for digit, mark in ((K.Key_1, "pass"), (K.Key_2, "fail"), (K.Key_3, "na")):
        page.points.focus_path(point)
        press(station, digit)
        assert sheet.get(point) == mark
        assert page.points.table.current_key() != sheet.points()[0].id  # on to the next
        press(station, K.Key_Z, CTRL)
        assert sheet.get(point) == ""
    page.points.focus_path(point)
    press(station, K.Key_1)
    page.points.focus_path(point)
    press(station, K.Key_0)
    assert sheet.get(point) == ""


def test_ctrl_z_takes_the_last_entry_of_a_set_back(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    sheet = page.sheet
    assert sheet is not None
    press(station, K.Key_1)
    assert "answer.form" in sheet.fields
    press(station, K.Key_Z, CTRL)
    assert "answer.form" not in sheet.fields
    for question, option in SHOP.items():
        page.questions.answered.emit(f"answer.{question}", option)
    fill(page, "form.delivery", "material.", "point.")
    page.form.focus_path("form.delivery.way")
    press(station, K.Key_Down)
    assert sheet.get("form.delivery.way")
    press(station, K.Key_Z, CTRL)
    assert sheet.get("form.delivery.way") == ""
    press(station, K.Key_4, ALT)
    kept = dict(sheet.fields)
    press(station, K.Key_1)
    assert sheet.fields != kept
    press(station, K.Key_Z, CTRL)
    assert sheet.fields == kept


def test_while_a_word_is_put_together_in_a_set_no_key_of_ours_acts(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    press(station, K.Key_1, ALT)
    editor = page.form.fields["applicant.name"].editor
    assert focused(station) is editor
    QApplication.sendEvent(editor, QInputMethodEvent("yang", []))
    none = Qt.KeyboardModifier.NoModifier
    for key, modifier in (
        (K.Key_Return, CTRL),
        (K.Key_S, CTRL),
        (K.Key_Q, ALT),
        (K.Key_2, ALT),
        (K.Key_B, ALT),
        (K.Key_F8, none),
        (K.Key_F8, SHIFT),
        (K.Key_Escape, none),
    ):
        press(station, key, modifier)
        assert focused(station) is editor, key
        assert page.sheet is not None
        assert station.shell.current_page() == "bundles"
    done = QInputMethodEvent("", [])
    done.setCommitString("样例")
    QApplication.sendEvent(editor, done)
    assert page.form.fields["applicant.name"].value() == "样例"
