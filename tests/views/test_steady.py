"""Nothing moves when a control gets the focus, is chosen or is wrong: the wider border takes its room inside (ui.md §2)."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QSize
from PyQt6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from views.theme import SCALES, apply_theme, set_kind
from views.widgets.masked import MaskedValue

KINDS = ("", "primary", "gated", "quiet", "tight", "gatedtight", "row", "option", "chip")


def button(kind: str) -> QPushButton:
    made = QPushButton("样例")
    made.setProperty("kind", kind)
    made.setCheckable(kind in ("option", "chip"))
    return made


def choice(*, editable: bool = False) -> QComboBox:
    made = QComboBox()
    made.setEditable(editable)
    made.addItem("样例")
    return made


@pytest.mark.parametrize("scale", SCALES)
def test_a_control_is_as_large_with_the_focus_as_without(
    qtbot: QtBot, qapp: QApplication, scale: int
) -> None:
    apply_theme(qapp, "light", scale)
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 900)
    inside = QWidget(window)  # the window itself has no layout that would ask for a least size
    inside.resize(window.size())
    box = QVBoxLayout(inside)
    other = QPushButton("别处")
    made: dict[str, QWidget] = {f"button {kind}": button(kind) for kind in KINDS}
    made |= {
        "line": QLineEdit("样例"), "area": QPlainTextEdit("样例"), "choice": choice(),
        "typed choice": choice(editable=True), "masked": MaskedValue("样例", "123", "1**"),
    }  # fmt: skip
    for widget in (other, *made.values()):
        box.addWidget(widget)
    window.show()
    window.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    rested = {name: widget.sizeHint() for name, widget in made.items()}
    moved: dict[str, tuple[QSize, QSize]] = {}
    for name, widget in made.items():
        widget.setFocus()
        assert QApplication.focusWidget() is widget or name == "typed choice"
        if widget.sizeHint().height() != rested[name].height():
            moved[name] = (rested[name], widget.sizeHint())
        other.setFocus()
    for name in ("line", "area", "choice", "typed choice"):
        set_kind(made[name], "error", "true")
        if made[name].sizeHint().height() != rested[name].height():
            moved[f"{name}, wrong"] = (rested[name], made[name].sizeHint())
    option = made["button option"]
    assert isinstance(option, QPushButton)
    option.setChecked(True)
    if option.sizeHint().height() != rested["button option"].height():
        moved["chosen option"] = (rested["button option"], option.sizeHint())
    apply_theme(qapp)
    assert moved == {}
