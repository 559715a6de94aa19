"""Looks a painted screen over: clipped or overlapping text, missing glyphs, words left in English.

Words that a table or a line elides are whole in the tooltip and so no fault; a state, a number or a
heading that is cut is one (:mod:`app.screen_cells` looks at the cells of tables, lists and trees).
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
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTextBrowser,
    QTextEdit,
    QWidget,
)

from app.screen_cells import cell_texts, cut_cells
from views.widgets.elided import ElidedLabel

SLACK = 1  # a pixel of rounding at broken scale factors
_WORD = re.compile(r"[A-Za-z0-9_]+")
# Keys, units, kinds of files, and the examples of how to type pinyin.
ALLOWED = {
    "Alt", "Ctrl", "Enter", "Esc", "Shift", "Tab", "Space", "Home", "End",
    "KB", "MB", "PDF", "UKey", "Word", "gssl", "wykyd", "qzqm", "shipin", "spjyxk", "wyl",
}  # fmt: skip


def check_screen(root: QWidget, scope: QWidget | None = None) -> list[str]:
    """The faults of what is painted now, one plain line each.  ``scope`` narrows it to an overlay."""
    faults: list[str] = []
    shown = [w for w in (scope or root).findChildren(QWidget) if _seen(w)]
    for widget in shown:
        faults += _clipped(widget)
        faults += _wider(widget)
        faults += _outside(widget, root)
        for text, metrics in _texts(widget):
            faults += _glyphs(text, metrics)
            if not isinstance(widget, QTextBrowser):  # the manual names commands and kinds of files
                faults += _foreign(text)
    faults += _overlaps(shown, root)
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
    if isinstance(widget, QAbstractItemView) and not isinstance(widget, QHeaderView):
        return cut_cells(widget)
    return []


def _short(widget: QWidget, width: int, height: int, text: str) -> list[str]:
    if width > widget.width() + SLACK:
        return [f"文字显示不全（差 {width - widget.width()} 像素宽）：{_brief(text)}"]
    if height > widget.height() + SLACK + 1:
        return [f"文字显示不全（差 {height - widget.height()} 像素高）：{_brief(text)}"]
    return []


def _wider(widget: QWidget) -> list[str]:
    """What is wider than the scroll area around it and cannot be scrolled to."""
    inner = widget.widget() if isinstance(widget, QScrollArea) else None
    if not isinstance(widget, QScrollArea) or inner is None:
        return []
    view, bar = widget.viewport(), widget.horizontalScrollBar()
    if view is None or (bar is not None and bar.isVisible()):
        return []
    over = inner.width() - view.width()
    name = widget.accessibleName() or inner.accessibleName() or type(widget.parentWidget()).__name__
    return [f"右边被遮住 {over} 像素：{_brief(name)}"] if over > SLACK else []


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


def _overlaps(shown: list[QWidget], root: QWidget) -> list[str]:
    """Text upon text, whoever the parents are; what holds another is no fault."""
    places: list[tuple[QWidget, QRect, str]] = []
    for widget in shown:
        told = _own_text(widget) or (widget.accessibleName() if isinstance(widget, QAbstractItemView) else "")
        if told.strip():
            seen = widget.visibleRegion().boundingRect()
            places.append((widget, QRect(widget.mapTo(root, seen.topLeft()), seen.size()), told))
    faults = []
    for (one, here, told), (other, there, also) in combinations(places, 2):
        both = here.intersected(there)
        if (
            both.width() > 2
            and both.height() > 2
            and not one.isAncestorOf(other)
            and not other.isAncestorOf(one)
        ):
            faults.append(f"文字重叠：{_brief(told)} / {_brief(also)}")
    return faults


def _own_text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QLabel | QAbstractButton | QLineEdit) else ""


def _texts(widget: QWidget) -> Iterator[tuple[str, QFontMetrics]]:
    metrics = widget.fontMetrics()
    if text := _own_text(widget):
        yield text, metrics
    if isinstance(widget, QLineEdit) and widget.placeholderText():
        yield widget.placeholderText(), metrics
    if isinstance(widget, QAbstractItemView) and not isinstance(widget, QHeaderView):
        yield from cell_texts(widget)
    if isinstance(widget, QComboBox):
        yield widget.currentText(), metrics
    if isinstance(widget, QPlainTextEdit | QTextEdit):
        yield widget.toPlainText(), metrics
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
