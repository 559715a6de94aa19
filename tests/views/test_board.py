"""看板: what the replica knows, honest about what it does not; a chart and a table of the same numbers."""

from __future__ import annotations

import random
import subprocess
import sys

import msgspec
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.commands.batch import intake_line
from app.queries.board import BoardFacts, Correction, read_board
from app.queries.windows import WindowCount
from app.sample import filled
from tests.desk_kit import FixedClock, item
from tests.views.keys import ALT, PATIENCE_MS, focused, press, settle
from views.station import Station
from views.widgets import Cell

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


def test_alt_g_takes_the_suggestion_that_the_figures_make(qtbot: QtBot, station: Station) -> None:
    press(station, K.Key_K, ALT)
    qtbot.waitUntil(lambda: station.board._facts is not None, timeout=PATIENCE_MS)
    settle(qtbot, station)
    press(station, K.Key_G, ALT)  # a calm day: it says so, and leads nowhere
    assert station.shell.current_page() == "board"
    assert station.shell._message.text() == "眼下没有建议：没有到期的、有冲突的，编号也够"
    made = intake_line(station.desk, filled(item("SC001"), random.Random(1), "accept"))
    clock = station.desk.clock
    assert isinstance(clock, FixedClock)
    clock.now_ms += 200 * 86_400_000  # long past its limit
    station.board.refresh()
    qtbot.waitUntil(lambda: "采纳：" in station.board.advice.button.text(), timeout=PATIENCE_MS)
    assert "建议先办今天到期和已超期的 1 件" in station.board.advice.text.whole()
    press(station, K.Key_G, ALT)
    settle(qtbot, station)
    assert station.shell.current_page() == "cases"
    state = station.cases.open_state()
    assert state is not None
    assert state.case_id == made.case_id


def _window_rows(station: Station) -> dict[str, tuple[Cell, ...]]:
    model = station.board.windows.rows
    rows = [
        [model.cell(model.index(r, c)) for c in range(model.columnCount())] for r in range(model.rowCount())
    ]
    return {row[0].text: tuple(row) for row in rows}


def _facts(station: Station, **changes: object) -> BoardFacts:
    now = station.desk.clock.now().wall_ms
    windows = (
        WindowCount(device="d1", name="7 号窗", own=True, accepted=8, received=9),
        WindowCount(device="d2", name="8 号窗", own=False, accepted=4, received=4, until_ms=now),
        WindowCount(
            device="d3",
            name="9 号窗",
            own=False,
            accepted=2,
            received=2,
            until_ms=now,
            late_ms=now - 3_600_000,
        ),
        WindowCount(
            device="d4",
            name="10 号窗",
            own=False,
            accepted=1,
            until_ms=now,
            revoked_ms=now - 7_200_000,
            revoked_by="管理员样例（T0001）",
        ),
    )
    facts = msgspec.structs.replace(read_board(station.desk), windows=windows, synced_ms=now)
    return msgspec.structs.replace(facts, **changes)


def test_offline_other_windows_are_hatched_with_their_own_time(qtbot: QtBot, station: Station) -> None:
    press(station, K.Key_K, ALT)
    settle(qtbot, station)
    board = station.board
    facts = _facts(station)
    board.show_online(False)
    board._show(facts)
    rows = _window_rows(station)
    assert (rows["7 号窗（本机）"][1].bar, rows["7 号窗（本机）"][1].hatched) == (100, False)
    assert (rows["8 号窗"][1].bar, rows["8 号窗"][1].hatched) == (50, True)
    assert rows["8 号窗"][4].text.startswith("截至")
    assert rows["9 号窗"][4].text != rows["8 号窗"][4].text
    assert "其他窗口截至" in board._told.whole()
    board.show_online(True)
    rows = _window_rows(station)
    assert (rows["8 号窗"][1].hatched, rows["8 号窗"][4].text) == (False, "实时")
    assert (rows["9 号窗"][1].hatched, rows["9 号窗"][4].text[:2]) == (True, "截至")
    assert "9 号窗 截至" in board.hall.missing.whole()
    assert not board.grab().isNull()


def test_a_revoked_window_is_listed_as_such_and_the_totals_say_so(qtbot: QtBot, station: Station) -> None:
    press(station, K.Key_K, ALT)
    settle(qtbot, station)
    board = station.board
    board.show_online(True)
    board._show(_facts(station))
    gone = _window_rows(station)["10 号窗"]
    assert [cell.text for cell in gone[1:]] == ["—", "—", "—", "! 已撤销"]
    assert "未计 10 号窗（已撤销）" in board._kpi["accepted"][1].whole()
    assert "10 号窗" in board.hall.missing.whole()
    assert "管理员样例（T0001）" in board.hall.missing.whole()


def test_a_corrected_hour_is_marked_in_the_chart_and_in_its_table(qtbot: QtBot, station: Station) -> None:
    press(station, K.Key_K, ALT)
    settle(qtbot, station)
    board = station.board
    facts = _facts(station)
    hour = facts.hours[0].hour
    was = Correction(hour=hour, received=3, accepted=2, at_ms=facts.now_ms)
    board._show(msgspec.structs.replace(facts, corrected=(was,)))
    model = board.table.rows
    assert model.cell(model.index(0, 3)).text.startswith("! 更正，原收 3 受 2")
    assert "更正 1 处" in board._kpi["accepted"][1].whole()
    assert board._chart is not None
    assert f"{hour} 时的数补传后更正过" in board._chart.accessibleDescription()
    marks = [one.textItem.toPlainText() for one in board._chart._shown if hasattr(one, "textItem")]
    assert "更正" in marks


def test_nothing_on_the_board_is_a_forecast(qtbot: QtBot, station: Station) -> None:
    press(station, K.Key_K, ALT)
    settle(qtbot, station)
    said = "".join(one.text() for one in station.board.findChildren(QLabel))
    assert "预测" not in said
    assert "不推算" in said
