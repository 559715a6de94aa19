"""八步曲 beside the work: small, foldable to one line; a step is ticked by a digit or a click and holds up nothing."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout

from models.domain.visit import AGENCY, PRIORITY, STEP
from models.service_texts import ServiceTexts
from views.widgets import KeyButton
from views.widgets.keys import name_single_keys


class _Step(QPushButton):
    """Left and right go to the next step, a digit ticks the nth, Space and Enter tick this one."""

    wanted = pyqtSignal(int)
    moved = pyqtSignal(int)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            key = event.key()
            if Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
                self.wanted.emit(key - Qt.Key.Key_1)
                return
            if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                self.moved.emit(1 if key == Qt.Key.Key_Right else -1)
                return
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if not event.isAutoRepeat():
                    self.click()
                return
        super().keyPressEvent(event)


class ServiceStrip(QFrame):
    """``edited`` with (path, value) for a tick; ``opened``: the clerk wants the sheet of marks."""

    edited = pyqtSignal(str, str)
    opened = pyqtSignal()

    def __init__(self, texts: ServiceTexts) -> None:
        super().__init__()
        self.setObjectName("strip")
        self._texts = texts
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 2, 10, 4)
        box.setSpacing(3)
        head = QHBoxLayout()
        self.fold = KeyButton("八步曲", kind="quiet")
        self.fold.run.connect(self._fold)
        head.addWidget(self.fold)
        head.addStretch()
        box.addLayout(head)
        grid = QGridLayout()
        grid.setSpacing(3)
        box.addLayout(grid)
        self.steps: list[_Step] = []
        for place, step in enumerate(texts.steps):
            button = _Step(step.name)
            button.setProperty("kind", "chip")
            button.setCheckable(True)
            button.setToolTip(f"{place + 1}  {step.say}")
            button.setAccessibleName(f"八步曲第 {place + 1} 步：{step.name}")
            button.clicked.connect(lambda checked, one=step.id: self._ticked(one, checked))
            button.wanted.connect(self._tick)
            button.moved.connect(lambda way, at=place: self._go(at, way))
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if place == 0 else Qt.FocusPolicy.ClickFocus)
            self.steps.append(button)
            grid.addWidget(button, place // 2, place % 2)
        self.marks = KeyButton("服务登记", kind="quiet")
        self.marks.run.connect(self.opened)
        box.addWidget(self.marks)
        name_single_keys(self, (("1 … 8", "八步曲第几步已做或取消"), ("← →", "八步曲前一步、后一步")))

    def show_fields(self, fields: dict[str, str], free: int) -> None:
        """What is ticked and marked now; ``free`` pieces were done free of charge."""
        for button, step in zip(self.steps, self._texts.steps, strict=True):
            done = bool(fields.get(STEP + step.id))
            button.setChecked(done)
            button.setText(f"✓ {step.name}" if done else step.name)
            button.setAccessibleDescription("已做" if done else "还没有做")
        ticked = sum(button.isChecked() for button in self.steps)
        self.fold.set_text(f"八步曲 {ticked}/{len(self.steps)}")
        words = []
        if ground := fields.get(PRIORITY, ""):
            words.append(f"优先·{self._texts.ground(ground)}")
        if fields.get(AGENCY):
            words.append("代办")
        elif tagged := self._texts.tagged(fields.get("applicant.id_number", "")):
            words.append(f"{tagged}，可代办")
        if free:
            words.append(f"免费 {free} 份")
        text = "服务登记：" + "；".join(words) if words else "服务登记"
        room = self.marks.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, self.width() - 44)
        self.marks.set_text(room if self.isVisible() else text)
        self.marks.setAccessibleName(text)
        self.marks.setToolTip(text)

    def _fold(self) -> None:
        shown = any(not button.isHidden() for button in self.steps)
        for button in self.steps:
            button.setVisible(not shown)
        self.fold.setAccessibleDescription("已收起" if shown else "已展开")

    def _tick(self, place: int) -> None:
        if place < len(self.steps):
            self.steps[place].click()

    def _go(self, at: int, way: int) -> None:
        self.steps[(at + way) % len(self.steps)].setFocus()

    def _ticked(self, step: str, checked: bool) -> None:
        self.edited.emit(STEP + step, "yes" if checked else "")
