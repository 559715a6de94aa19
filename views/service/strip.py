"""八步曲 beside the work: small, foldable to one line; a step is ticked by a digit or a click and holds up nothing."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QResizeEvent
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
        self._by_hand = self._folded = False
        self._columns = 0
        box = QVBoxLayout(self)
        box.setContentsMargins(6, 2, 6, 4)
        box.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(2)
        self.fold = KeyButton("八步曲", kind="quiet")
        self.fold.run.connect(self._fold)
        head.addWidget(self.fold)
        head.addStretch()
        self.marks = KeyButton("服务登记", kind="quiet")
        self.marks.run.connect(self.opened)
        head.addWidget(self.marks)
        box.addLayout(head)
        self._grid = QGridLayout()
        self._grid.setSpacing(3)
        box.addLayout(self._grid)
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
        self.next = _Step()
        self.next.setProperty("kind", "chip")
        self.next.setToolTip("已经收起的八步曲，下一步是这个")
        self.next.clicked.connect(self._tick_next)
        self.next.wanted.connect(self._tick)
        self.next.hide()
        box.addWidget(self.next)
        self.setFocusProxy(self.steps[0])
        name_single_keys(self, (("1 … 8", "八步曲第几步已做或取消"), ("← →", "八步曲前一步、后一步")))

    def show_fields(self, fields: dict[str, str], free: int, tagged: str) -> None:
        """What is ticked and marked now; ``free`` pieces were done free of charge, ``tagged`` is the
        list of enterprises that the applicant is on."""
        for button, step in zip(self.steps, self._texts.steps, strict=True):
            done = bool(fields.get(STEP + step.id))
            button.setChecked(done)
            button.setText(f"✓ {step.name}" if done else step.name)
            button.setAccessibleDescription("已做" if done else "还没有做")
        self.fold.set_text(f"八步曲 {self.ticked()}/{len(self.steps)}")
        self._show_folded()
        words = []
        if ground := fields.get(PRIORITY, ""):
            words.append(f"优先·{self._texts.ground(ground)}")
        if fields.get(AGENCY):
            words.append("代办")
        elif tagged:
            words.append(f"{tagged}，可代办")
        if free:
            words.append(f"免费 {free} 份")
        text = "服务登记：" + "；".join(words) if words else "服务登记"
        room = self.width() - self.fold.sizeHint().width() - 40
        shown = self.marks.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
        self.marks.set_text(shown if self.isVisible() else text)
        self.marks.setAccessibleName(text)
        self.marks.setToolTip(text)

    def ticked(self) -> int:
        """How many steps are done."""
        return sum(button.isChecked() for button in self.steps)

    def keep_short(self, short: bool) -> None:
        """Where there is little room it folds by itself, unless the clerk has said otherwise."""
        if not self._by_hand and short != self._folded:
            self._folded = short
            self._show_folded()

    def _fold(self) -> None:
        self._by_hand, self._folded = True, not self._folded
        self._show_folded()

    def _show_folded(self) -> None:
        """Folded, one line is left: the next step, to be ticked there."""
        following = next((at for at, button in enumerate(self.steps) if not button.isChecked()), None)
        for button in self.steps:
            button.setVisible(not self._folded)
        self.next.setVisible(self._folded and following is not None)
        if following is not None:
            name = self._texts.steps[following].name
            self.next.setText(f"下一步：{name}")
            self.next.setAccessibleName(f"八步曲下一步，第 {following + 1} 步：{name}")
        self.setFocusProxy(self.next if self._folded and following is not None else self.steps[0])
        self.fold.setAccessibleDescription("已收起" if self._folded else "已展开")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._arrange()

    def _arrange(self) -> None:
        """Three beside each other where the longest name fits with its tick, else two."""
        metrics = self.steps[0].fontMetrics()
        widest = max(metrics.horizontalAdvance(f"✓ {step.name}") for step in self._texts.steps) + 8
        columns = 3 if 3 * widest + 2 * self._grid.spacing() + 12 <= self.width() else 2
        if columns == self._columns:
            return
        self._columns = columns
        for place, button in enumerate(self.steps):
            self._grid.addWidget(button, place // columns, place % columns)

    def _tick_next(self) -> None:
        following = next((button for button in self.steps if not button.isChecked()), None)
        if following is not None:
            following.click()

    def _tick(self, place: int) -> None:
        if place < len(self.steps):
            self.steps[place].click()

    def _go(self, at: int, way: int) -> None:
        self.steps[(at + way) % len(self.steps)].setFocus()

    def _ticked(self, step: str, checked: bool) -> None:
        self.edited.emit(STEP + step, "yes" if checked else "")
