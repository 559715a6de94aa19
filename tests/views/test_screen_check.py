"""The checker of the pictures finds each kind of fault, planted in a small window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.screen_check import check_screen
from views.theme import apply_theme
from views.widgets import ActTable, Cell, label
from views.widgets.elided import ElidedLabel

NO_GLYPH = "\U000f1234"  # private use: no font of the system draws it


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> QWidget:
    apply_theme(qapp)
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(600, 300)
    return made


def table(*cells: Cell, widths: tuple[int, ...] = (120, 0), height: int = 34) -> ActTable:
    made = ActTable(("名称", "状态")[: len(cells)], "材料", row_height=height)
    made.set_widths(*widths)
    made.show_rows([("a", cells)])
    return made


def tree(text: str, width: int = 200, *, whole: str = "") -> QTreeWidget:
    """The text stands in an opened branch, not at the top."""
    made = QTreeWidget()
    made.setAccessibleName("目录")
    made.setColumnCount(2)
    made.setHeaderLabels(["名称", "说明"])
    top = QTreeWidgetItem(["主项", ""])
    inner = QTreeWidgetItem([text, ""])
    inner.setToolTip(0, whole)
    top.addChild(inner)
    made.addTopLevelItem(top)
    top.setExpanded(True)
    made.setColumnWidth(0, width)
    return made


def placed(window: QWidget, *widgets: QWidget) -> list[str]:
    inside = QWidget(window)  # the window itself has no layout that would ask for a least size
    inside.resize(window.size())
    box = QVBoxLayout(inside)
    for widget in widgets:
        box.addWidget(widget)
    window.show()
    QApplication.processEvents()
    return check_screen(window)


def test_a_sound_window_has_no_fault(window: QWidget) -> None:
    sound = table(Cell("申请表", "一份", icon="doc"), Cell("已收", tag="green"), height=50)
    assert placed(window, label("身份证号码"), sound, tree("公司设立登记")) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: narrow(label("受理编号剩余十八个")),
        lambda: narrow(QPushButton("一次性告知")),
        lambda: flat(label("这一句话太长，要分成好几行才写得下，可是给它的高度只够写一行半" * 2, wrap=True)),
        lambda: table(Cell("申请表"), Cell("未收到，要补", tag="amber"), widths=(0, 60)),
        lambda: table(Cell("370911 2026 0000471 X"), Cell("已收"), widths=(80, 0)),
        lambda: table(Cell("申请表"), Cell("去处理", act="plain"), widths=(0, 50)),
        lambda: table(Cell("申请表"), Cell("13800000001", choice="1"), widths=(0, 90)),
        lambda: tree("药品经营许可证（零售）核发", 60),
    ],
    ids=["label", "button", "lines", "tag cell", "number cell", "act cell", "choice cell", "tree cell"],
)
def test_clipped_text_is_found(window: QWidget, make: Callable[[], QWidget]) -> None:
    faults = placed(window, make())
    assert len(faults) == 1, faults
    assert "显示不全" in faults[0]


def test_a_narrow_heading_and_a_low_row_are_found(window: QWidget) -> None:
    narrow_head = ActTable(("现在怎样，为什么", "大小"), "待同步")
    narrow_head.set_widths(60, 0)
    low = table(Cell("申请表", "一份两页"), Cell("已收"))
    assert placed(window, narrow_head, low) == ["表头显示不全：现在怎样，为什么"]
    rows = low.verticalHeader()
    assert rows is not None
    rows.setDefaultSectionSize(20)
    QApplication.processEvents()
    faults = check_screen(window)
    assert [fault for fault in faults if "行高不够" in fault and "申请表" in fault], faults


@pytest.mark.parametrize(
    "widget",
    [
        lambda: sized(ElidedLabel("药品经营许可证（零售）核发"), 60),
        lambda: table(Cell("药品经营许可证（零售）核发"), Cell("已收"), widths=(80, 0)),
        lambda: tree("药品经营许可证（零售）核发", 60, whole="药品经营许可证（零售）核发"),
    ],
    ids=["line", "cell", "tree"],
)
def test_words_that_are_whole_in_the_tooltip_are_no_fault(
    window: QWidget, widget: Callable[[], QWidget]
) -> None:
    assert placed(window, widget()) == []


def test_overlapping_text_is_found_also_between_strangers(window: QWidget) -> None:
    beneath = table(Cell("申请表"), Cell("已收"))
    assert placed(window, beneath) == []
    loose = QLabel("压在表格上的字", window)
    loose.adjustSize()
    loose.move(beneath.geometry().center())
    loose.show()
    QApplication.processEvents()
    (fault,) = check_screen(window)
    assert fault.startswith("文字重叠")
    assert "材料" in fault
    assert "压在表格上的字" in fault
    loose.hide()
    holder = QWidget(window)
    row = QHBoxLayout(holder)
    for text in ("前", "后"):
        row.addWidget(label(text))
    assert check_screen(window) == []


@pytest.mark.parametrize("kind", ["label", "line", "cell", "sub", "tree", "heading"])
@pytest.mark.parametrize(
    ("word", "told"),
    [(NO_GLYPH, "缺字形 U+F1234"), ("Submit", "没有翻译的词 Submit")],
    ids=["glyph", "english"],
)
def test_missing_glyphs_and_words_left_in_english_are_found(
    window: QWidget, kind: str, word: str, told: str
) -> None:
    text = f"名称{word}"
    make: dict[str, Callable[[], QWidget]] = {
        "label": lambda: label(text),
        "line": lambda: QLineEdit(text),
        "cell": lambda: table(Cell(text), Cell("已收")),
        "sub": lambda: table(Cell("申请表", text), Cell("已收"), height=50),
        "tree": lambda: tree(text),
        "heading": lambda: ActTable((text, "状态"), "材料"),
    }
    faults = placed(window, make[kind]())
    assert [fault for fault in faults if fault.startswith(told)], faults
    assert len(faults) == 1, faults


def sized(widget: QWidget, width: int) -> QWidget:
    widget.setFixedWidth(width)
    return widget


def narrow(widget: QWidget) -> QWidget:
    return sized(widget, 40)


def flat(widget: QWidget) -> QWidget:
    widget.setFixedHeight(24)
    return sized(widget, 200)


def test_what_is_wider_than_its_scroll_area_is_found(qtbot: QtBot, window: QWidget) -> None:
    area = QScrollArea(window)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidgetResizable(True)
    area.resize(200, 100)
    inner = QLabel("还差 7 项")
    inner.setAccessibleName("为什么还不能受理")
    inner.setMinimumWidth(260)
    area.setWidget(inner)
    window.show()
    faults = check_screen(window)
    assert [one for one in faults if one.startswith("右边被遮住") and "为什么还不能受理" in one]
    inner.setMinimumWidth(100)
    QApplication.processEvents()
    assert not [one for one in check_screen(window) if one.startswith("右边被遮住")]
