"""The rail of a narrow window: 56 px of icons and numbers; a click or its key opens the whole rail."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from views.theme import icon

WIDTH = 56
PLACES = (
    ("ticket", "sync", "叫号", "Alt+A"),
    ("due", "clock", "时限提醒", "Alt+X"),
    ("draft", "doc", "我的草稿", "Alt+D"),
    ("today", "check", "今日办件", "Alt+J"),
    ("steps", "steps", "八步曲", ""),
)


class RailIcons(QWidget):
    """``wanted`` with the name of a list."""

    wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(2, 8, 2, 8)
        box.setSpacing(8)
        self.buttons: dict[str, QToolButton] = {}
        for name, _, text, _ in PLACES:
            button = QToolButton()
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setIconSize(QSize(20, 20))
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setAccessibleName(text)
            button.clicked.connect(lambda _, one=name: self.wanted.emit(one))
            self.buttons[name] = button
            box.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch()

        self.buttons["steps"].hide()

    def show_counts(self, counts: dict[str, int]) -> None:
        for name, _, _, _ in PLACES[:-1]:
            count = counts.get(name)
            self._show(name, "—" if count is None else str(count))

    def show_steps(self, done: str) -> None:
        """How many of the eight steps are done, as 2/8; "" while no case is open."""
        self.buttons["steps"].setVisible(bool(done))
        if done:
            self._show("steps", done)

    def _show(self, name: str, told: str) -> None:
        picture, text, key = next(rest for place, *rest in PLACES if place == name)
        button = self.buttons[name]
        button.setIcon(icon(picture))
        button.setText(told)
        button.setAccessibleName(f"{text} {told}")
        button.setToolTip(f"{text} {told}　{key}".rstrip("　"))
