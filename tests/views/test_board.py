"""看板: what the replica knows, honest about what it does not; a chart and a table of the same numbers."""

from __future__ import annotations

import random
import subprocess
import sys

from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.commands.batch import intake_line
from app.queries.board import read_board
from app.sample import filled
from tests.desk_kit import item
from tests.views.keys import ALT, PATIENCE_MS, focused, press, settle
from views.station import Station

K = Qt.Key


def test_the_counts_are_those_of_the_acts(station: Station) -> None:
    desk = station.desk
    assert (read_board(desk).received, read_board(desk).accepted) == (0, 0)
    for seed, (item_id, outcome) in enumerate(
        (("SC001", "accept"), ("SC009", "receive"), ("SB012", "accept"))
    ):
        intake_line(desk, filled(item(item_id), random.Random(seed), outcome))
    facts = read_board(desk)
    assert (facts.received, facts.accepted) == (3, 2)
    assert [(w.own, w.received, w.accepted) for w in facts.windows] == [(True, 3, 2)]
    assert (facts.waiting.received, facts.waiting.supplement, facts.waiting.longest_days) == (1, 0, 0)
    assert dict(facts.outcomes)["accept"] == 2
    assert facts.synced_ms == 0
    assert sum(h.running for h in facts.hours) == 1


def test_a_day_on_which_nothing_came_is_painted_as_such(qtbot: QtBot, station: Station) -> None:
    press(station, K.Key_K, ALT)
    settle(qtbot, station)
    assert not station.board.grab().isNull()  # what a paint raises is a fault of the test


def test_alt_k_opens_it_and_nothing_about_the_queue_is_invented(qtbot: QtBot, station: Station) -> None:
    intake_line(station.desk, filled(item("SC001"), random.Random(1), "accept"))
    press(station, K.Key_K, ALT)
    settle(qtbot, station)
    board = station.board
    qtbot.waitUntil(lambda: board._facts is not None, timeout=PATIENCE_MS)
    assert station.shell.current_page() == "board"
    assert [part.text() for part in board._kpi["queue"]] == ["—", "未接叫号"]
    assert [part.text() for part in board._kpi["waiting"]] == ["0 件", "待受理 0 · 待补正 0"]
    assert board._kpi["longest"][0].text() == "—"
    assert board._kpi["accepted"][0].text() == "1 件"
    assert "没有数据" in board._kpi["accepted"][1].text()  # of the others, never having met the hub
    assert board._chart is not None
    assert "受理 1 件" in board._chart.accessibleDescription()


def test_alt_v_shows_the_same_numbers_as_a_table(qtbot: QtBot, station: Station) -> None:
    intake_line(station.desk, filled(item("SC001"), random.Random(1), "accept"))
    press(station, K.Key_K, ALT)
    qtbot.waitUntil(lambda: station.board._facts is not None, timeout=PATIENCE_MS)
    settle(qtbot, station)
    press(station, K.Key_V, ALT)
    table = station.board.table
    assert focused(station) is table
    model = table.rows
    rows = [[model.cell(model.index(r, c)).text for c in range(4)] for r in range(model.rowCount())]
    assert sum(int(row[2]) for row in rows if row[2].isdigit()) == 1
    assert all(row[1] == "—" for row in rows if row[3] == "还没到")  # what is not there yet is not 0
    press(station, K.Key_V, ALT)
    assert not table.isVisible()


def test_the_chart_library_is_loaded_only_when_the_board_opens() -> None:
    code = "import sys, views.station; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_lease_that_ran_out_is_told_once_with_the_window_and_the_time(
    qtbot: QtBot, station: Station
) -> None:
    press(station, K.Key_K, ALT)
    settle(qtbot, station)
    station.board.show_lease_over("09-25 10:12")
    told = station.board.notice.text()
    assert station.desk.device.window_name in told
    assert "09-25 10:12" in told
    station.board.notice.hide()
    station.board.show_lease_over("09-25 10:12")
    assert not station.board.notice.isVisible()
