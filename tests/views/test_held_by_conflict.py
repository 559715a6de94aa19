"""A case that two windows changed at once (ui.md §8, Conflict): named in red, only to be read until it is settled."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.queries.cases import read_case
from app.queries.outbox import read_conflicts
from tests.sync.test_engine import City
from tests.views.keys import ALT, CTRL, PATIENCE_MS, focused, press, settle
from tests.views.test_conflicts import city, clash, served  # fixtures
from views.station import Station

K = Qt.Key
__all__ = ["city", "clash", "served"]


def test_the_rail_names_it_and_enter_leads_to_the_comparison(
    qtbot: QtBot, clash: tuple[Station, str, City]
) -> None:
    station, case, _ = clash
    press(station, K.Key_W, ALT)
    settle(qtbot, station)
    button = station.workbench.rail._buttons[f"c:{case}"]
    assert "有冲突" in button.accessibleName()
    button.setFocus()
    press(station, K.Key_Return)
    settle(qtbot, station)
    assert station.shell.current_page() == "sync"
    assert focused(station) is station.outbox.clashes


def test_it_can_only_be_read_until_it_is_settled(qtbot: QtBot, clash: tuple[Station, str, City]) -> None:
    station, case, _ = clash
    station.show_case(case)
    settle(qtbot, station)
    before = read_case(station.desk, case)
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    assert station.workbench.sheet is None
    assert station.shell.current_page() == "sync"
    assert read_case(station.desk, case) == before
    press(station, K.Key_T, ALT)
    settle(qtbot, station)
    press(station, K.Key_F8)
    press(station, K.Key_2)
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    assert read_conflicts(station.desk) == []
    station.show_case(case)
    settle(qtbot, station)
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    qtbot.waitUntil(lambda: station.workbench.sheet is not None, timeout=PATIENCE_MS)


def test_an_open_case_that_comes_into_conflict_stays_and_cannot_be_acted_on(
    qtbot: QtBot, clash: tuple[Station, str, City]
) -> None:
    station, case, _ = clash
    page = read_case(station.desk, case)
    assert page is not None
    assert page.item is not None
    station.shell.show_page("workbench")
    station.workbench.open_case(page.state, page.item)
    station.refresh()
    settle(qtbot, station)
    assert station.workbench.sheet is not None
    buttons = station.workbench._actions.buttons
    assert all("联系电话" in one.accessibleDescription() for one in buttons.values() if one.isVisible())
    buttons["save"].click()
    settle(qtbot, station)
    assert "Alt+T" in station.workbench.notice.text()
    assert len(read_conflicts(station.desk)) == 1
