"""评价 on the second screen: nothing is chosen beforehand, and leaving it is 未评价."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.commands.rating import Ballot
from models.domain.visit import LEVELS, LONGEST_TEXT
from models.service_texts import RatingReasons
from views.visitor.pieces import Code, TouchButton, big
from views.widgets import clear_layout


class BallotPanel(QWidget):
    """``given`` with a Ballot; ``declined`` when the visitor leaves it; ``typing`` while a text is written."""

    given = pyqtSignal(object)
    declined = pyqtSignal()
    typing = pyqtSignal(bool)
    touched = pyqtSignal()

    def __init__(self, reasons: RatingReasons) -> None:
        super().__init__()
        self._reasons = reasons
        box = QVBoxLayout(self)
        box.setSpacing(10)
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.addWidget(big("请您评价这次服务", "visitortitle"))
        words.addWidget(big("自愿评价，不评也不影响您办事。", "visitorsoft"))
        head.addLayout(words, 1)
        self.code = Code(132)
        beside = big("也可以扫码，\n用手机评价", "visitorsoft", wrap=False)
        head.addWidget(beside, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.code)
        box.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(8)
        self._group = QButtonGroup(self)
        self.levels: dict[int, TouchButton] = {}
        for level, name in LEVELS.items():
            button = TouchButton(f"{level}  {name}", checkable=True)
            button.clicked.connect(lambda _, one=level: self._choose(one))
            self._group.addButton(button)
            self.levels[level] = button
            row.addWidget(button, 1)
        box.addLayout(row)
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        box.addLayout(self._grid)
        self.reasons: dict[str, TouchButton] = {}
        self.text = QPlainTextEdit()
        self.text.setProperty("kind", "visitor")
        self.text.setAccessibleName(f"您的意见，最多 {LONGEST_TEXT} 个字")
        self.text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.text.textChanged.connect(self._shorten)
        self.text.hide()
        box.addWidget(self.text)
        box.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        self.leave = TouchButton("不评价")
        self.leave.clicked.connect(self.declined)
        self.write = TouchButton("写几句意见")
        self.write.clicked.connect(self._open_text)
        self.send = TouchButton("就这样评价", "visitorprimary")
        self.send.clicked.connect(self._send)
        for button in (self.leave, self.write, self.send):
            foot.addWidget(button, 1)
        box.addLayout(foot)
        self.begin("")

    def begin(self, code: str) -> None:
        """For the next visit: nothing chosen, nothing written."""
        self._group.setExclusive(False)
        for button in self.levels.values():
            button.setChecked(False)
        self._group.setExclusive(True)
        self._show_reasons(0)
        self.text.clear()
        self.text.hide()
        self.code.show_code(code, "评价二维码")
        self.write.hide()
        self.send.hide()

    def level(self) -> int:
        """What is chosen, 0 for nothing."""
        return next((level for level, button in self.levels.items() if button.isChecked()), 0)

    def _choose(self, level: int) -> None:
        self.touched.emit()
        self._show_reasons(level)
        self.write.setVisible(self.text.isHidden())
        self.send.show()

    def _show_reasons(self, level: int) -> None:
        clear_layout(self._grid)
        self.reasons = {}
        for place, (code, text) in enumerate(self._reasons.of_level(level) if level else ()):
            button = TouchButton(text, "visitorreason", checkable=True)
            button.clicked.connect(self.touched)
            self.reasons[code] = button
            self._grid.addWidget(button, place // 2, place % 2)

    def _open_text(self) -> None:
        """Reasons make room for what somebody wants to say; those chosen stay chosen."""
        self.touched.emit()
        for button in self.reasons.values():
            button.setVisible(button.isChecked())
        self.text.show()
        self.write.hide()
        self.typing.emit(True)
        self.text.setFocus()

    def _shorten(self) -> None:
        self.touched.emit()
        written = self.text.toPlainText()
        if len(written) > LONGEST_TEXT:
            self.text.setPlainText(written[:LONGEST_TEXT])

    def _send(self) -> None:
        level = self.level()
        if level:
            chosen = tuple(code for code, button in self.reasons.items() if button.isChecked())
            self.given.emit(Ballot(level=level, reasons=chosen, text=self.text.toPlainText().strip()))
