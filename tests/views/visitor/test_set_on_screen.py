"""A 一件事 on the visitor's screen: what is wanted, the check, one result for all members and one rating."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from app.queries.cases import read_state
from models.domain.rating_counts import visits_of
from tests.views.keys import ALT, PATIENCE_MS, press, settle
from tests.views.test_bundle import fill, open_shop
from tests.views.visitor.test_second_screen import tap, words
from views.station import Station
from views.visitor.window import VisitorWindow


def test_the_set_is_followed_checked_and_rated_once(
    qtbot: QtBot, station: Station, window: VisitorWindow
) -> None:
    page = open_shop(qtbot, station)
    fill(page, "form.premises.address")
    sheet = page.sheet
    assert sheet is not None
    (gap,) = sheet.plan.open_gaps
    qtbot.waitUntil(lambda: f"请告诉我们：{gap.label}" in words(window), timeout=PATIENCE_MS)
    assert window.state() == "progress"
    assert sheet.source.bundle.name in words(window)
    fill(page)
    station.visitor.ask_check()
    assert window.state() == "check"
    whole = sheet.get("applicant.id_number")
    assert whole not in words(window)  # masked here too
    button = next(b for b in window.findChildren(QAbstractButton) if b.accessibleName() == "联系电话有误")
    tap(button)
    assert "“联系电话”有误" in page.notice.text()
    field = page.form.fields["applicant.phone"]
    assert field.editor.accessibleDescription() == "来人说这一项有误，请核对"
    page.accept()
    qtbot.waitUntil(lambda: window.state() == "result", timeout=PATIENCE_MS)
    settle(qtbot, station)
    station.shell.close_overlay()
    done = page.done
    assert done is not None
    told = words(window)
    assert f"已受理 {done.accepted} 项，共 {len(done.members)} 项" in told
    assert all(member.name in told for member in done.members[:6])
    tap(window.yes)
    tap(window.ballot.levels[5])
    tap(window.ballot.send)
    qtbot.waitUntil(lambda: window.state() == "thanks", timeout=PATIENCE_MS)
    settle(qtbot, station)
    first = next(m for m in done.members if m.op_id)
    state = read_state(station.desk, first.case_id)
    assert state is not None
    assert [one.level for one in state.ratings] == [5]
    assert {visit.together for visit in visits_of(state)} == {done.set_id}


def test_leaving_the_page_of_the_set_shows_nothing_of_it(
    qtbot: QtBot, station: Station, window: VisitorWindow
) -> None:
    page = open_shop(qtbot, station)
    fill(page)
    qtbot.waitUntil(lambda: window.state() == "progress", timeout=PATIENCE_MS)
    assert page.sheet is not None
    name = page.sheet.source.bundle.name
    press(station, Qt.Key.Key_W, ALT)
    qtbot.waitUntil(lambda: window.state() == "welcome", timeout=PATIENCE_MS)
    assert name not in words(window)
