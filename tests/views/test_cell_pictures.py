"""The cells of a table are painted once and shown again from their pictures: each time the same, in its place."""

from __future__ import annotations

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from views.theme import apply_theme
from views.widgets import ActTable, Cell

ROWS = [
    (
        f"row-{place}",
        (Cell(str(place)), Cell(f"样例材料 {place}", "必要 · 原件"), Cell("✓ 已收", tag="green")),
    )
    for place in range(4)
]


def shown(table: ActTable) -> QImage:
    return table.grab().toImage()


def test_the_first_painting_is_the_picture_that_is_kept(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp)
    table = ActTable(("序", "材料", "状态"), "材料")
    qtbot.addWidget(table)
    table.set_widths(40, 0, 90)
    table.resize(QSize(500, 260))
    table.show_rows(ROWS)
    table.show()
    table.forget(lambda _: True)
    first = shown(table)  # every cell painted anew
    assert shown(table) == first  # every cell from its picture
    viewport = table.viewport()
    assert viewport is not None
    strips = [
        first.copy(0, table.rowViewportPosition(row) + viewport.y(), 400, table.rowHeight(row) - 1)
        for row in range(1, len(ROWS))
    ]
    assert all(strip != strips[0] for strip in strips[1:])  # each row shows what is its own
    blank = QImage(strips[0].size(), strips[0].format())
    blank.fill(strips[0].pixel(399, 5))
    assert all(strip != blank for strip in strips)
