"""Looks a painted screen over: clipped or overlapping text, missing glyphs, words left in English.

Words that a table or a line elides are whole in the tooltip and so no fault; a state, a number or a
heading that is cut is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import combinations

from PyQt6.QtCore import QRect
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFrame,
    QHeaderView,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTableView,
    QTextBrowser,
    QWidget,
)

from views.widgets.elided import ElidedLabel
from views.widgets.table import ActTable

SLACK = 1  # a pixel of rounding at broken scale factors
_NUMBER = re.compile(r"[\d ¥.:%X-]+")
_WORD = re.compile(r"[A-Za-z0-9_]+")
# Keys, units, kinds of files, and the examples of how to type pinyin.
ALLOWED = {
    "Alt", "Ctrl", "Enter", "Esc", "Shift", "Tab", "Space", "Home", "End",
    "KB", "MB", "PDF", "Word", "gssl", "qzqm", "shipin", "spjyxk", "wyl",
}  # fmt: skip


def check_screen(root: QWidget, scope: QWidget | None = None) -> list[str]:
    """The faults of what is painted now, one plain line each.  ``scope`` narrows it to an overlay."""
    faults: list[str] = []
    shown = [w for w in (scope or root).findChildren(QWidget) if _seen(w)]
    for widget in shown:
        faults += _clipped(widget)
        faults += _outside(widget, root)
        for text, metrics in _texts(widget):
            faults += _glyphs(text, metrics)
            faults += _foreign(text)
    faults += _overlaps(shown)
    return list(dict.fromkeys(faults))


def _seen(widget: QWidget) -> bool:
    return widget.isVisible() and not widget.visibleRegion().isEmpty()


def _clipped(widget: QWidget) -> list[str]:
    if isinstance(widget, ElidedLabel):
        return _short(widget, 0, widget.sizeHint().height(), widget.whole())
    if isinstance(widget, QLabel) and widget.text():
        if widget.wordWrap():
            short = widget.heightForWidth(widget.width()) - widget.height()
            return (
                [f"文字显示不全（差 {short} 像素高）：{_brief(widget.text())}"] if short > SLACK + 1 else []
            )
        return _short(widget, widget.sizeHint().width(), widget.sizeHint().height(), widget.text())
    if isinstance(widget, QAbstractButton) and widget.text():
        return _short(widget, widget.sizeHint().width(), widget.sizeHint().height(), widget.text())
    metrics = widget.fontMetrics()
    if isinstance(widget, QLineEdit):
        text = "" if widget.text() else widget.placeholderText()
        return _short(widget, metrics.horizontalAdvance(text) + 20 if text else 0, metrics.height() + 4, text)
    if isinstance(widget, QComboBox):
        text = widget.currentText()
        return _short(widget, metrics.horizontalAdvance(text) + 36, metrics.height() + 4, text)
    if isinstance(widget, ActTable):
        return _cells(widget)
    return []


def _short(widget: QWidget, width: int, height: int, text: str) -> list[str]:
    if width > widget.width() + SLACK:
        return [f"文字显示不全（差 {width - widget.width()} 像素宽）：{_brief(text)}"]
    if height > widget.height() + SLACK + 1:
        return [f"文字显示不全（差 {height - widget.height()} 像素高）：{_brief(text)}"]
    return []


def _cells(table: ActTable) -> list[str]:
    header = table.horizontalHeader()
    viewport = table.viewport()
    if header is None or viewport is None:
        return []
    faults: list[str] = []
    metrics = table.fontMetrics()
    for column in range(table.rows.columnCount()):
        if table.isColumnHidden(column):
            continue
        width = table.columnWidth(column)
        head = str(table.rows.headerData(column, header.orientation()) or "")
        if header.isVisible() and header.fontMetrics().horizontalAdvance(head) + 14 > width:
            faults.append(f"表头显示不全：{head}")
        if header.sectionResizeMode(column) == QHeaderView.ResizeMode.Stretch:
            if width < metrics.horizontalAdvance("中") * 6:
                faults.append(f"表格的主列太窄（{width} 像素）：{head or table.accessibleName()}")
            continue
        for row in range(table.rows.rowCount()):
            index = table.rows.index(row, column)
            if not viewport.rect().intersects(table.visualRect(index)):
                continue
            text = table.rows.cell(index).text
            if not table.rows.cell(index).tag and not _NUMBER.fullmatch(text):
                continue  # elided words are whole in the tooltip; a state or a number must be read at once
            if metrics.horizontalAdvance(text) + 14 > width:
                faults.append(f"表格“{table.accessibleName()}”里显示不全：{head} {_brief(text)}")
    lines = 1.75 if table.rows.rowCount() and table.rows.cell(table.rows.index(0, 0)).sub else 1.1
    if table.rows.rowCount() and table.rowHeight(0) < metrics.height() * lines:
        faults.append(f"表格“{table.accessibleName()}”行高不够")
    return faults


def _outside(widget: QWidget, root: QWidget) -> list[str]:
    """What its own frame cuts off; a scroll area may."""
    text = _own_text(widget)
    if not text:
        return []
    at: QWidget | None = widget
    while at is not None and at is not root:
        if isinstance(at, QScrollArea | QTextBrowser):
            return []
        at = at.parentWidget()
    whole = QRect(widget.mapTo(root, widget.rect().topLeft()), widget.size())
    return [] if root.rect().contains(whole) else [f"超出窗口：{_brief(text)}"]


def _overlaps(shown: list[QWidget]) -> list[str]:
    by_parent: dict[QWidget, list[QWidget]] = {}
    for widget in shown:
        parent = widget.parentWidget()
        if parent is not None and _own_text(widget):
            by_parent.setdefault(parent, []).append(widget)
    faults = []
    for siblings in by_parent.values():
        for one, other in combinations(siblings, 2):
            both = one.geometry().intersected(other.geometry())
            if both.width() > 2 and both.height() > 2:
                faults.append(f"文字重叠：{_brief(_own_text(one))} / {_brief(_own_text(other))}")
    return faults


def _own_text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QLabel | QAbstractButton | QLineEdit) else ""


def _texts(widget: QWidget) -> Iterator[tuple[str, QFontMetrics]]:
    metrics = widget.fontMetrics()
    if text := _own_text(widget):
        yield text, metrics
    if isinstance(widget, QLineEdit) and widget.placeholderText():
        yield widget.placeholderText(), metrics
    if isinstance(widget, ActTable):
        for row in range(widget.rows.rowCount()):
            for column in range(widget.rows.columnCount()):
                cell = widget.rows.cell(widget.rows.index(row, column))
                yield f"{cell.text} {cell.sub}", metrics
    elif isinstance(widget, QTableView):
        yield widget.accessibleName(), metrics
    if isinstance(widget, QFrame) and widget.accessibleName():
        yield widget.accessibleName(), metrics


def _glyphs(text: str, metrics: QFontMetrics) -> list[str]:
    drawn = {c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf")}
    missing = {c for c in drawn if not metrics.inFontUcs4(ord(c))}
    return [f"缺字形 U+{ord(c):04X}：{_brief(text)}" for c in sorted(missing)]


def _foreign(text: str) -> list[str]:
    words = {w for w in _WORD.findall(text) if len(w) > 1 and w.isalpha() and w not in ALLOWED}
    return [f"没有翻译的词 {w}：{_brief(text)}" for w in sorted(words)]


def _brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:40]}…"
