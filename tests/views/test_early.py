"""What is set by number before the first paint is what Qt calls by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from views.widgets.early import ALIGN_CENTER, ALIGN_RIGHT, align, set_latin, set_plain
from views.widgets.elided import fitting
from views.widgets.fields import CodeEdit


def test_the_numbers_are_those_of_qt(qtbot: QtBot) -> None:
    line, editor = QLabel("<b>1</b>"), QLineEdit()
    qtbot.addWidget(line)
    qtbot.addWidget(editor)
    set_plain(line)
    assert line.textFormat() == Qt.TextFormat.PlainText
    align(line, ALIGN_CENTER)
    assert line.alignment() == Qt.AlignmentFlag.AlignCenter
    align(line, ALIGN_RIGHT)
    assert line.alignment() == Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    set_latin(editor)
    hints = Qt.InputMethodHint.ImhPreferLatin | Qt.InputMethodHint.ImhNoPredictiveText
    assert editor.inputMethodHints() == hints


def test_a_code_field_keeps_the_ime_off_at_the_latest_after_the_first_paint(qtbot: QtBot) -> None:
    plain, early = CodeEdit(), CodeEdit(before_paint=True)
    qtbot.addWidget(plain)
    qtbot.addWidget(early)
    assert not plain.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    early.shut_ime()
    assert not early.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


@given(text=st.text(alphabet="泰安市岱岳区 07abcW", max_size=30), room=st.integers(12, 400))
def test_a_line_is_cut_where_qt_would_cut_it(qapp: QApplication, text: str, room: int) -> None:
    metrics = QFontMetrics(qapp.font())
    shown = fitting(text, room, metrics.horizontalAdvance)
    if metrics.horizontalAdvance(text) <= room:
        assert shown == text
        return
    assert shown.endswith("…")
    kept = shown[:-1]
    assert text.startswith(kept)
    if kept:
        assert metrics.horizontalAdvance(shown) <= room
    longer = text[: len(text[: len(kept)]) + 1]
    if longer.strip() != kept.strip():
        assert metrics.horizontalAdvance(longer + "…") > room


@pytest.mark.parametrize("room", [0, 1])
def test_without_room_a_line_is_its_dots(room: int) -> None:
    assert fitting("泰安", room, lambda text: 10 * len(text)) == "…"
