"""The visitor's screen: only the visitor's own data, only the visitor's own rating, and no key that gives one."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from PyQt6.QtCore import QCoreApplication, QEvent, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.commands.batch import entry_fields
from app.queries.cases import read_state
from app.sample import filled
from models.domain.case import CaseState
from models.domain.visit import LEVELS
from tests.desk_kit import item
from tests.views.keys import CTRL, PATIENCE_MS, key_click, press, settle
from views.station import Station
from views.visitor.window import VisitorWindow

ITEM = item("SC015")
mouse_click = cast(Callable[..., None], QTest.mouseClick)  # see tests.views.keys
ROOT = Path(__file__).resolve().parents[3]


def entered(qtbot: QtBot, station: Station, seed: int = 7, step: str = "materials") -> dict[str, str]:
    """A case with everything entered but one material."""
    station.workbench.start(ITEM)
    settle(qtbot, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    fields = entry_fields(ITEM, filled(ITEM, random.Random(seed), agent=True))
    sheet.fields = dict(fields)
    station.workbench.open_step(step)
    settle(qtbot, station)
    return fields


def accepted(qtbot: QtBot, station: Station, window: VisitorWindow) -> str:
    entered(qtbot, station, step="accept")
    press(station, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: window.state() == "result", timeout=PATIENCE_MS)
    settle(qtbot, station)
    station.shell.close_overlay()
    sheet = station.workbench.sheet
    assert sheet is not None
    return sheet.case_id


def words(window: QWidget) -> str:
    """Every word on the window, also on panels that are behind; what was put away goes first."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    told = [one.text() for one in window.findChildren(QLabel)]
    return "\n".join(told + [one.text() for one in window.findChildren(QAbstractButton)])


def tap(button: QWidget) -> None:
    mouse_click(button, Qt.MouseButton.LeftButton)


def state_of(station: Station, case_id: str) -> CaseState:
    found = read_state(station.desk, case_id)
    assert found is not None
    return found


def test_it_greets_with_nobodys_data(qtbot: QtBot, station: Station, window: VisitorWindow) -> None:
    assert window.state() == "welcome"
    assert "岱岳区政务服务大厅" in words(window)


def test_it_says_what_is_still_needed_and_masks_what_it_shows(
    qtbot: QtBot, station: Station, window: VisitorWindow
) -> None:
    fields = entered(qtbot, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    sheet.put(f"material.{ITEM.materials[3].id}", "")
    station.workbench.refresh()
    qtbot.waitUntil(lambda: window.state() == "progress", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: ITEM.materials[3].name in words(window), timeout=PATIENCE_MS)
    station.visitor.ask_check()
    told = words(window)
    assert fields["applicant.name"] in told
    for path in ("applicant.id_number", "applicant.phone", "agent.id_number", "agent.phone"):
        assert fields[path] not in told
        assert fields[path][-4:] in told


def test_a_field_called_wrong_is_marked_for_the_clerk_until_it_is_changed(
    qtbot: QtBot, station: Station, window: VisitorWindow
) -> None:
    entered(qtbot, station, step="identity")
    focus = station.shell.focusWidget()
    station.visitor.ask_check()
    button = next(b for b in window.findChildren(QAbstractButton) if b.accessibleName() == "联系电话有误")
    tap(button)
    field = station.workbench.identity.fields["applicant.phone"]
    assert field.editor.accessibleDescription() == "来人说这一项有误，请核对"
    assert "“联系电话”有误" in station.workbench.notice.text()
    assert station.shell.focusWidget() is focus
    assert station.workbench.sheet is not None
    station.workbench.sheet.put("applicant.phone", "13800009999")
    station.workbench.identity.check(station.workbench.sheet)
    station.visitor.follow()
    assert field.editor.accessibleDescription() == ""


def test_the_visitor_rates_by_touch_and_nothing_is_chosen_beforehand(
    qtbot: QtBot, station: Station, window: VisitorWindow
) -> None:
    case_id = accepted(qtbot, station, window)
    tap(window.yes)
    assert window.state() == "ballot"
    assert window.ballot.level() == 0
    assert window.ballot.send.isHidden()
    tap(window.ballot.levels[2])
    tap(window.ballot.reasons["213"])
    tap(window.ballot.write)
    window.ballot.text.setPlainText("字" * 200)
    tap(window.ballot.send)
    qtbot.waitUntil(lambda: window.state() == "thanks", timeout=PATIENCE_MS)
    settle(qtbot, station)
    (rating,) = state_of(station, case_id).ratings
    assert (rating.level, rating.reasons, rating.channel, len(rating.text)) == (2, ("213",), "screen", 150)
    assert [d.kind for d in state_of(station, case_id).duties if d.kind == "rating"] == ["rating"]
    station.show_case(case_id)
    settle(qtbot, station)
    shown = "\n".join(one.text() for one in station.cases.findChildren(QLabel) if one.isVisible())
    assert "不满意（窗口第二屏）；213 窗口人员业务不熟练" in shown


@pytest.mark.parametrize("how", ["left", "time", "next", "closed"])
def test_leaving_it_in_any_way_is_unrated(
    qtbot: QtBot, station: Station, window: VisitorWindow, how: str
) -> None:
    case_id = accepted(qtbot, station, window)
    name = state_of(station, case_id).value("applicant.name")
    tap(window.yes)
    tap(window.ballot.levels[5])
    if how == "left":
        tap(window.ballot.leave)
    elif how == "time":
        window._timer.start(0)
        qtbot.waitUntil(lambda: window.state() == "welcome", timeout=PATIENCE_MS)
    elif how == "next":
        press(station, Qt.Key.Key_F7)
    else:
        window.close()
    settle(qtbot, station)
    assert state_of(station, case_id).ratings == ()
    assert window.ballot.level() == 0
    assert name not in words(window)
    station.show_case(case_id)
    settle(qtbot, station)
    shown = [one.text() for one in station.cases.findChildren(QLabel) if one.isVisible()]
    assert any(text.endswith("未评价") for text in shown)


def test_no_key_of_the_clerk_does_anything_on_it(
    qtbot: QtBot, station: Station, window: VisitorWindow
) -> None:
    case_id = accepted(qtbot, station, window)
    tap(window.yes)
    tap(window.ballot.levels[5])
    assert window.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
    assert not any(b.focusPolicy() != Qt.FocusPolicy.NoFocus for b in window.findChildren(QAbstractButton))
    for target in (window, window.ballot, window.ballot.send, window.ballot.levels[4]):
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_5, Qt.Key.Key_Tab, Qt.Key.Key_Space):
            key_click(target, key)
    settle(qtbot, station)
    assert window.ballot.level() == 5
    assert state_of(station, case_id).ratings == ()


def test_only_the_second_screen_seals_a_ballot() -> None:
    users = [
        path.relative_to(ROOT).as_posix()
        for part in ("app", "views", "sync", "devices", "models")
        for path in (ROOT / part).rglob("*.py")
        if re.search(r"\bseal_ballot\b", path.read_text(encoding="utf-8"))
    ]
    # The simulator plays the visitor; every other place is the visitor's.
    assert sorted(users) == ["app/commands/rating.py", "app/sim_clerk.py", "views/visitor/follow.py"]


def test_the_next_case_shows_nothing_of_the_last(
    qtbot: QtBot, station: Station, window: VisitorWindow
) -> None:
    first = entered(qtbot, station)
    station.visitor.ask_check()
    assert first["applicant.name"] in words(window)
    press(station, Qt.Key.Key_F7)
    settle(qtbot, station)
    assert window.state() == "welcome"
    assert first["applicant.name"] not in words(window)
    station.workbench.start(ITEM)
    settle(qtbot, station)
    station.visitor.follow()
    assert first["applicant.name"] not in words(window)


def test_a_display_unplugged_loses_nothing_and_comes_back(
    qtbot: QtBot, station: Station, window: VisitorWindow
) -> None:
    screen = QGuiApplication.primaryScreen()
    assert screen is not None
    there: list[object] = []
    station.visitor._screens = lambda: there  # type: ignore[assignment,return-value]
    station.visitor.use("auto")
    assert not window.isVisible()
    fields = entered(qtbot, station)
    there.append(object())
    station.visitor._other = lambda: screen  # type: ignore[method-assign]
    station.visitor._plugged(screen)
    qtbot.waitUntil(lambda: window.state() == "progress", timeout=PATIENCE_MS)
    assert window.isVisible()
    station.visitor._other = lambda: None  # type: ignore[method-assign]
    station.visitor._unplugged(screen)
    assert not window.isVisible()
    assert "第二屏断开了" in station.shell._message.text()
    assert station.workbench.sheet is not None
    assert station.workbench.sheet.fields == fields


def test_every_level_has_a_name_and_both_ends_are_offered(
    qtbot: QtBot, station: Station, window: VisitorWindow
) -> None:
    assert list(window.ballot.levels) == list(LEVELS)
