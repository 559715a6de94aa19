"""The live key map of F1 beside the table of ui.md §5: what is bound, and by name what has nothing to act on."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.views.keys import press, settle, start_item
from views.help.sheet import HelpSheet
from views.station import Station
from views.unlock.window import UnlockFacts, UnlockWindow
from views.widgets.keys import bound_keys

# ui.md §5, key by key as F1 prints them; the screen is "" where it holds everywhere.
TABLE = {
    "": "F1 F2 F3 Ctrl+K F5 F6 Shift+F6 F7 F9 F12 F11 Ctrl+L Alt+W Alt+B Alt+Y Alt+T Alt+K Alt+H Alt+= Alt+-",
    "工作台": "F8 Shift+F8 Alt+1 Alt+2 Alt+3 Alt+4 Alt+5 Alt+6 Alt+A Alt+D Alt+J Ctrl+Enter Ctrl+S Ctrl+B Ctrl+P Ctrl+Z",
    "同步": "F8 Shift+F8 Alt+O Alt+I",
    "看板": "Alt+V Alt+G",
    "搜索": "Tab → Ctrl+D Ctrl+Enter Esc",
}
SINGLE = {  # keys of a list that has the focus
    "工作台": ("1 2 3 4 5 6 7 8 0", "1 2 3 0", "1 2 …", "1 2 3 4"),
    "同步": ("1 2 3 4",),
}
# Bound beside the table: stopping long work, the reminders of the rail, later acts of the case page, the palette's own list.
BESIDE = {
    *(
        "Alt+N",
        "Alt+Q",
        "Alt+R",
        "Alt+X",
        "Alt+E",
        "Ctrl+G",
        "Ctrl+N",
        "Ctrl+R",
        "Enter",
        "Shift",
        "↑ ↓",
        "← →",
    ),
    *("1 … 8", "1 2 3 4 5 6 7 0"),
}


def shown(station: Station) -> set[tuple[str, str]]:
    press(station, Qt.Key.Key_F1)
    model = station.shell.findChildren(HelpSheet)[-1].table.rows
    found = {
        (model.cell(model.index(row, 2)).text.replace("全部界面", ""), model.cell(model.index(row, 0)).text)
        for row in range(model.rowCount())
    }
    press(station, Qt.Key.Key_Escape)
    return found


def test_f1_has_the_whole_table(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    press(station, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    settle(qtbot, station)
    found = shown(station)
    wanted = {(where, key) for where, keys in TABLE.items() for key in keys.split()}
    wanted |= {(where, keys) for where, many in SINGLE.items() for keys in many}
    wanted.add(("工作台", "Alt+M"))  # in a field for a place
    assert wanted - found == set()
    bound = {key for _, key in found}
    # What is bound beside the table is known here too: nothing creeps in.
    extra = bound - {key for _, key in wanted}
    assert extra <= BESIDE, extra


def test_the_keys_before_unlocking(qtbot: QtBot) -> None:
    window = UnlockWindow(UnlockFacts(place="样例", device="d", staff="T0718"))
    qtbot.addWidget(window)
    assert {b.key for b in bound_keys(window, lambda _: "")} >= {"Alt+C", "Alt+I", "F5"}
