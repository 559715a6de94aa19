"""A member of a 一件事 that two windows changed at once (ui.md §8): it alone is held, the others go on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.commands import intake
from app.commands.bundle_intake import start_waiting
from app.commands.event import event_line
from app.queries.bundles import WAITING, open_bundle, read_set
from app.queries.cases import read_state
from app.queries.outbox import read_conflicts
from app.sample import filled_event
from models.domain.case import CaseStatus
from models.errors import KnownError
from tests.app.test_bundle_intake import SHOP, grant
from tests.sync.test_engine import City, city, entry_of, sync
from tests.views.keys import ALT, CTRL, PATIENCE_MS, press, settle
from tests.views.test_conflicts import served
from views.station import Station
from views.theme import apply_theme

pytestmark = pytest.mark.slow

K = Qt.Key
__all__ = ["city", "served"]  # fixtures


@pytest.fixture
def apart(
    qtbot: QtBot, qapp: QApplication, city: City, tmp_path: Path
) -> Iterator[tuple[Station, list[str]]]:
    """A set whose second member both desks changed; the second desk's screen and the cases of the set."""
    one, two = city.desks
    line = filled_event(open_bundle(two, "我要开药店"), random.Random(1), SHOP)
    cases = [m.case_id for m in event_line(two, line).members]
    for desk in (two, one):
        assert sync(desk).problems == []
    intake.save_case(one, entry_of(one, cases[1], **{"applicant.phone": "13800000001"}))
    intake.save_case(two, entry_of(two, cases[1], **{"applicant.phone": "13800000002"}))
    assert sync(one).problems == []
    assert sync(two).conflicts == 1
    city.server.stop()
    apply_theme(qapp)
    station = Station(two, tmp_path / "templates")
    station.show()
    station.shell.activateWindow()
    qtbot.waitUntil(station.shell.isActiveWindow, timeout=PATIENCE_MS)
    settle(qtbot, station)
    yield station, cases
    station.shut_down()
    city.server.start()


def show_set(qtbot: QtBot, station: Station, case: str) -> None:
    press(station, K.Key_Y, ALT)
    station.bundles.open_done(case)
    settle(qtbot, station)
    qtbot.waitUntil(lambda: station.bundles.done is not None, timeout=PATIENCE_MS)


def told(station: Station, case: str) -> str:
    rows = station.bundles.outcome.table.rows
    return rows.cell(rows.index(rows.row_of(case), 5)).text


def test_only_the_member_in_conflict_is_held_and_the_others_go_on(
    qtbot: QtBot, apart: tuple[Station, list[str]]
) -> None:
    station, cases = apart
    desk, held = station.desk, cases[1]
    grant(desk, cases[0])
    show_set(qtbot, station, cases[0])
    assert "两边都改过" in told(station, held)
    assert not any("两边都改过" in told(station, case) for case in cases if case != held)
    press(station, K.Key_G, CTRL)  # 接着受理
    settle(qtbot, station)
    for case in cases[2:]:
        state = read_state(desk, case)
        assert state is not None
        assert state.status in (CaseStatus.ACCEPTED, CaseStatus.RECEIVED)
        assert state.number
    still = read_state(desk, held)
    assert still is not None
    assert (still.status, still.number) == (CaseStatus.OPEN, "")
    with pytest.raises(KnownError, match="两边改过的先要比对"):
        start_waiting(desk, held)


def test_once_it_is_settled_it_goes_on_like_the_others(
    qtbot: QtBot, apart: tuple[Station, list[str]]
) -> None:
    station, cases = apart
    desk, held = station.desk, cases[1]
    grant(desk, cases[0])
    show_set(qtbot, station, cases[0])
    press(station, K.Key_G, CTRL)
    settle(qtbot, station)
    press(station, K.Key_Escape)  # the one notice is offered
    press(station, K.Key_T, ALT)
    settle(qtbot, station)
    qtbot.waitUntil(lambda: station.outbox.clashes.rows.rowCount() == 1, timeout=PATIENCE_MS)
    press(station, K.Key_F8)
    press(station, K.Key_2)
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    assert read_conflicts(desk) == []
    done = read_set(desk, held)
    assert done is not None
    assert [m.case_id for m in done.members if m.can_start] == [held]
    show_set(qtbot, station, held)
    assert "两边都改过" not in told(station, held)
    press(station, K.Key_G, CTRL)
    settle(qtbot, station)
    state = read_state(desk, held)
    assert state is not None
    assert state.status in (CaseStatus.ACCEPTED, CaseStatus.RECEIVED)
    assert state.value("applicant.phone") == "13800000002"
    done = read_set(desk, held)
    assert done is not None
    assert not any(m.status == WAITING for m in done.members)
