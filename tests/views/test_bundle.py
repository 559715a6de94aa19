"""The 一件事 screen through real key presses, offline, over a real replica."""

from __future__ import annotations

import random

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.commands.event import event_fields
from app.queries.bundles import read_set
from app.queries.cases import find_cases
from app.queries.drafts import read_drafts
from app.sample import filled_event
from app.screen_check import check_screen
from models.domain.case import CaseStatus
from models.domain.catalog import Need
from models.domain.ids import mask_by_path
from tests.views.keys import ALT, CTRL, PATIENCE_MS, press, settle, start_item, type_text
from views.bundle.page import BundlePage
from views.station import Station
from views.status import LEASE_OVER
from views.widgets.private import PrivateEdit

SHOP = {"form": "company", "SC012.q1": "rx", "device": "yes", "food": "yes", "sign": "yes"}


def open_shop(qtbot: QtBot, station: Station) -> BundlePage:
    start_item(qtbot, station, "wykyd")  # the palette knows 我要开药店 by its initials
    page = station.bundles
    qtbot.waitUntil(lambda: page.sheet is not None, timeout=PATIENCE_MS)
    settle(qtbot, station)
    return page


def fill(page: BundlePage, *leave: str) -> None:
    """What a clerk would have typed, except paths that begin with one of ``leave``."""
    sheet = page.sheet
    assert sheet is not None
    line = filled_event(sheet.source, random.Random(1), dict(sheet.plan.answers) or SHOP)
    for path, value in event_fields(sheet.source, line).items():
        if not path.startswith(leave or ("\0",)):
            sheet.put(path, value)
    page.reload()


def test_numbers_of_persons_are_masked_at_rest_and_whole_while_typed(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    fill(page)
    for path in ("applicant.id_number", "applicant.phone"):
        editor = page.form.fields[path].editor
        assert isinstance(editor, PrivateEdit)
        page.form.fields["applicant.name"].editor.setFocus()
        assert editor.shown() == mask_by_path(path, editor.text()) != editor.text()
        editor.setFocus()
        assert editor.shown() == editor.text() == page.form.fields[path].value()
        page.form.fields["applicant.name"].editor.setFocus()
        page.form.fields[path].show_error("证件号码末位对不上。")
        assert editor.shown() == editor.text()  # what is wrong must be seen
    faults = [fault for fault in check_screen(station.shell) if "合并后的材料" in fault or "表头" in fault]
    assert faults == []


def test_a_whole_set_by_keyboard_alone(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    sheet = page.sheet
    assert sheet is not None
    for _ in SHOP:
        press(station, Qt.Key.Key_1)  # company, all drugs, devices, food, a large sign
    assert [m.member.item.id for m in sheet.plan.members] == [
        "SC001", "YS001", "SC012", "SC013", "SC026", "SC017",
    ]  # fmt: skip
    while any(a.id not in sheet.plan.answers for a in sheet.plan.questions):
        press(station, Qt.Key.Key_2)
    fill(page, "answer.", "applicant.name", "material.", "point.")
    press(station, Qt.Key.Key_1, ALT)
    type_text(station, "王样例")
    press(station, Qt.Key.Key_4, ALT)
    for paper in sheet.plan.materials:
        if paper.asked_for and paper.need is not Need.OPTIONAL:
            press(station, Qt.Key.Key_1)
    assert not [g for g in sheet.plan.open_gaps if g.step == "materials"]
    press(station, Qt.Key.Key_5, ALT)
    for _ in sheet.plan.points:
        press(station, Qt.Key.Key_1)
    assert sheet.plan.open_gaps == ()
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    rows = find_cases(station.desk, "王样例")
    assert len(rows) == 6
    assert [r.status for r in rows].count(CaseStatus.ACCEPTED) == 1
    assert page.done == read_set(station.desk, rows[0].case_id)
    assert station.shell.overlay_open()  # the one notice is offered
    press(station, Qt.Key.Key_Escape)
    assert read_drafts(station.desk) == []


def test_it_is_not_accepted_while_something_is_missing_and_f8_goes_there(
    qtbot: QtBot, station: Station
) -> None:
    page = open_shop(qtbot, station)
    sheet = page.sheet
    assert sheet is not None
    for question, option in SHOP.items():
        page.questions.answered.emit(f"answer.{question}", option)
    fill(page, "form.premises.address")
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    assert find_cases(station.desk) == []
    assert "还差" in page.notice.text()
    press(station, Qt.Key.Key_F8)
    assert page.form.fields["form.premises.address"].editor.hasFocus()
    type_text(station, "样例街 1 号")
    assert sheet.get("form.premises.address") == "样例街 1 号"
    assert sheet.plan.open_gaps == ()


def test_a_shared_field_is_shown_once_with_how_many_it_serves(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    for question, option in SHOP.items():
        page.questions.answered.emit(f"answer.{question}", option)
    field = page.form.fields["form.premises.address"]
    assert "用于 4 项" in [w.text().removeprefix("新填 · ") for w in field.findChildren(QLabel)]
    assert len([p for p in page.form.fields if p == "form.premises.address"]) == 1


def test_a_half_typed_set_is_a_draft_and_comes_back(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    press(station, Qt.Key.Key_1)
    press(station, Qt.Key.Key_1, ALT)
    type_text(station, "李样例")
    settle(qtbot, station)
    (draft,) = read_drafts(station.desk)
    assert draft.item_name == "一件事 · 我要开药店"
    press(station, Qt.Key.Key_S, CTRL)
    settle(qtbot, station)
    assert page.sheet is None
    station.shell.show_page("workbench")
    station.refresh()
    settle(qtbot, station)
    station.workbench.open_draft(draft.case_id)
    settle(qtbot, station)
    assert station.shell.current_page() == "bundles"
    assert page.sheet is not None
    assert page.sheet.get("applicant.name") == "李样例"
    assert page.sheet.get("answer.form") == "company"


def test_what_is_under_preparation_says_so_and_opens_nothing(qtbot: QtBot, station: Station) -> None:
    settle(qtbot, station)
    press(station, Qt.Key.Key_Y, ALT)
    settle(qtbot, station)
    page = station.bundles
    qtbot.waitUntil(page.chooser.line.hasFocus, timeout=PATIENCE_MS)
    type_text(station, "wykyy")
    press(station, Qt.Key.Key_Return)
    settle(qtbot, station)
    assert page.sheet is None
    assert "没有上线" in page.notice.text()


def test_judging_a_paper_as_defective_holds_up_only_its_member(qtbot: QtBot, station: Station) -> None:
    settle(qtbot, station)
    page = station.bundles
    station.shell.show_page("bundles")
    page.start("YJ006")  # 拿地即开工: two members begin at once
    settle(qtbot, station)
    assert page.sheet is not None
    for asked in page.sheet.plan.questions:
        page.questions.answered.emit(f"answer.{asked.id}", asked.question.options[-1].id)
    fill(page)
    sheet = page.sheet
    paper = next(p for p in sheet.plan.materials if p.members == ("TZ001",))
    page.papers.focus_path(f"material.{paper.key}")
    press(station, Qt.Key.Key_7)
    assert sheet.plan.open_gaps == ()
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    assert page.done is not None
    states = {m.item_id: m for m in page.done.members}
    assert states["TZ001"].status == "received"
    assert "不符合" in states["TZ001"].reason
    assert states["TZ004"].status == "accepted"


def test_without_a_lease_a_set_is_filled_in_and_not_taken_in(qtbot: QtBot, station: Station) -> None:
    page = open_shop(qtbot, station)
    fill(page)
    page.show_read_only(True)
    assert page._accept.accessibleName().startswith("一次受理（租约到期）")
    page._accept.click()
    assert page.notice.text() == LEASE_OVER
    assert page.done is None
    page.show_read_only(False)
    assert "租约到期" not in page._accept.accessibleName()
