"""What a screen reader and a keyboard need: a name on everything that takes the focus, on every screen."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.commands.batch import intake_line
from app.sample import filled
from app.screen_check import check_screen
from tests.desk_kit import item
from tests.views.keys import ALT, key_click, press, settle, start_item
from views.station import Station
from views.theme import apply_theme
from views.unlock.window import UnlockFacts, UnlockWindow
from views.widgets import Cell, Tag
from views.widgets.elided import ElidedLabel


def case(station: Station) -> None:
    intake_line(station.desk, filled(item("SC001"), random.Random(4), "accept"))


def page(name: str) -> Callable[[QtBot, Station], None]:
    def show(qtbot: QtBot, station: Station) -> None:
        case(station)
        station.shell.show_page(name)
        station.refresh()
        settle(qtbot, station)
        qtbot.wait(0)

    return show


def step(name: str) -> Callable[[QtBot, Station], None]:
    def show(qtbot: QtBot, station: Station) -> None:
        start_item(qtbot, station, "gssldj")
        station.workbench.open_step(name)
        settle(qtbot, station)

    return show


SCREENS: dict[str, Callable[[QtBot, Station], None]] = {
    "empty": page("workbench"),
    "cases": page("cases"),
    "sync": page("sync"),
    **{name: step(name) for name in ("identity", "situation", "form", "materials", "points", "accept")},
    "bundles": page("bundles"),
    "board": page("board"),
    "reception": lambda _, station: station.workbench.receive_visitor(),
    "guide": lambda _, station: station.finding.open_guide("SC009"),
    "palette": lambda _, station: station.open_palette(),
    "help": lambda _, station: station.ways.open_help(),
    "settings": lambda _, station: station.ways.open_settings(),
}


def focusable(root: QWidget) -> list[QWidget]:
    return [
        w
        for w in root.findChildren(QWidget)
        if w.isVisible() and w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.focusProxy() is None
    ]


@pytest.mark.parametrize("screen", SCREENS)
def test_everything_that_takes_the_focus_has_a_name(qtbot: QtBot, station: Station, screen: str) -> None:
    SCREENS[screen](qtbot, station)
    qtbot.wait(0)
    found = focusable(station.shell)
    assert len(found) > 4
    nameless = [
        f"{type(w).__name__} in {type(w.parentWidget()).__name__}"
        for w in found
        if not w.accessibleName().strip()
    ]
    assert nameless == []


def test_the_sign_in_screen_has_names_and_begins_where_one_types(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp)
    window = UnlockWindow(UnlockFacts(place="样例", device="d", staff="T0718", online=False))
    qtbot.addWidget(window)
    window.show()
    assert [w for w in focusable(window) if not w.accessibleName()] == []
    qtbot.waitUntil(window.password.hasFocus, timeout=60_000)
    key_click(window.password, Qt.Key.Key_C, ALT)
    assert window.staff.text() == ""
    assert window.staff.hasFocus()


@pytest.mark.parametrize("screen", ["palette", "guide", "help", "settings"])
def test_tab_stays_inside_a_sheet(qtbot: QtBot, station: Station, screen: str) -> None:
    SCREENS[screen](qtbot, station)
    qtbot.wait(0)
    sheet = station.shell.overlays.top
    assert sheet is not None
    for _ in range(12):
        press(station, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        assert now is not None
        assert sheet.isAncestorOf(now)


def test_the_focus_order_of_the_workbench_is_that_of_the_specification(
    qtbot: QtBot, station: Station
) -> None:
    """Open step → its details → action bar → why panel → rail → app bar (ui.md §5)."""
    SCREENS["materials"](qtbot, station)
    page, bar = station.workbench, station.shell._bar
    places = [page.materials, page._actions, page.why, page.rail, bar]
    page.materials.table.setFocus()
    seen: list[int] = []
    for _ in range(len(focusable(station.shell)) + 2):
        now = QApplication.focusWidget()
        assert now is not None
        at = next((i for i, place in enumerate(places) if place.isAncestorOf(now)), None)
        if at is not None and (not seen or seen[-1] != at):
            seen.append(at)
        press(station, Qt.Key.Key_Tab)
    assert seen[:5] == [0, 1, 2, 3, 4], seen


@pytest.mark.parametrize("screen", ["identity", "materials", "cases", "sync"])
def test_tab_reaches_every_widget_and_comes_round(qtbot: QtBot, station: Station, screen: str) -> None:
    SCREENS[screen](qtbot, station)
    wanted = set(focusable(station.shell))
    seen: set[QWidget] = set()
    for _ in range(3 * len(wanted)):
        press(station, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        assert now is not None
        seen.add(now)
    # Of a group of exclusive options Tab reaches the chosen one; arrows reach the rest.
    assert wanted - seen == set()


def test_a_state_is_told_in_words_never_by_colour_alone(qtbot: QtBot, station: Station) -> None:
    case(station)
    for name in ("cases", "sync"):
        station.shell.show_page(name)
        station.refresh()
        settle(qtbot, station)
        for tag in station.shell.findChildren(Tag):
            assert tag.text().strip() or not tag.isVisible()
    for table in (station.cases.table, station.outbox.table):
        model = table.rows
        qtbot.waitUntil(lambda m=model: m.rowCount() > 0, timeout=60_000)  # type: ignore[misc]  # bound now
        cells: list[Cell] = [
            model.cell(model.index(r, c)) for r in range(model.rowCount()) for c in range(model.columnCount())
        ]
        assert any(cell.tag or cell.icon for cell in cells)
        assert all(cell.text.strip() for cell in cells if cell.tag or cell.icon or cell.token)
    assert station.shell.status_text("connection").strip("● ")


def test_a_line_without_room_is_whole_for_the_reader(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp)
    line = ElidedLabel("泰安市岱岳区样例路二十一号")
    qtbot.addWidget(line)
    line.resize(80, 24)
    line.show()
    assert line.text().endswith("…")
    assert line.accessibleName() == line.toolTip() == line.whole() == "泰安市岱岳区样例路二十一号"
    line.resize(600, 24)
    assert line.text() == line.whole()
    assert line.toolTip() == ""


# -- the checker of the pictures --------------------------------------------------------------------------


def board(qtbot: QtBot, *labels: QLabel) -> QWidget:
    root = QWidget()
    qtbot.addWidget(root)
    root.resize(400, 200)
    for one in labels:
        one.setParent(root)
    root.show()
    return root


def test_the_checker_finds_each_kind_of_fault_and_nothing_else(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp)
    good, cut, low, one, other, english, tofu, out = (
        QLabel(text)
        for text in (
            "受理 F3 12 KB",
            "住所缺门牌号",
            "行高不够",
            "上面",
            "下面",
            "Submit",
            "缺\U0010fffd",
            "出界",
        )
    )
    for place, (each, width, height) in enumerate(
        ((good, 120, 24), (cut, 30, 24), (low, 100, 6), (one, 60, 24), (english, 90, 24), (tofu, 60, 24))
    ):
        each.setGeometry(5, 2 + 28 * place, width, height)
    other.setGeometry(20, one.y() + 4, 60, 24)
    out.setGeometry(380, 4, 60, 24)
    faults = "\n".join(check_screen(board(qtbot, good, cut, low, one, other, english, tofu, out)))
    for told in ("像素宽）：住所缺门牌号", "像素高）：行高不够", "文字重叠：上面 / 下面", "没有翻译的词 Submit",
                 "缺字形 U+10FFFD", "超出窗口：出界"):  # fmt: skip
        assert told in faults
    assert len(faults.splitlines()) == 6


@pytest.mark.parametrize("screen", ["identity", "materials", "sync", "cases", "help", "settings"])
def test_nothing_is_cut_in_the_smallest_window(qtbot: QtBot, station: Station, screen: str) -> None:
    SCREENS[screen](qtbot, station)
    station.shell.resize(1180, 640)
    qtbot.wait(20)
    scope = station.shell.overlays.top
    faults = check_screen(station.shell, scope)
    assert [f for f in faults if "全" in f or "超出" in f or "重叠" in f] == []
    if screen in ("identity", "materials"):
        bar = station.workbench._actions
        assert bar.isVisible()
        assert station.shell.rect().contains(bar.mapTo(station.shell, bar.rect().bottomRight()))


def test_every_picture_of_the_manual_is_there() -> None:
    docs = Path(__file__).resolve().parents[2] / "docs"
    manual = (docs / "manual.zh-CN.md").read_text(encoding="utf-8")
    shown = {part.split(")")[0] for part in manual.split("](")[1:]}
    assert shown
    assert shown <= {f"screens/{picture.name}" for picture in (docs / "screens").glob("*.png")}
