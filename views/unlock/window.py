"""Unlocking: 工号 and 口令, what this machine holds, and what works offline.  Nothing personal."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout

from views.widgets import Card, CodeEdit, KeyButton, Notice, Tag, label
from views.widgets.early import ALIGN_CENTER, ALIGN_RIGHT, align
from views.widgets.elided import ElidedLabel


class UnlockFacts(NamedTuple):
    """What may be told before anybody has unlocked the machine.  (Not msgspec: it is slow to import.)"""

    place: str = ""
    device: str = ""
    staff: str = ""
    online: bool | None = None  # None: not tried yet
    clock: str = ""


_CAN = ("受理、收件、一次性告知、不予受理，打印文书", "查事项、材料、依据，查本机办件", "搜索办件和历史")
_CANNOT = ("其他大厅的办件暂时看不到", "新的事项目录和号段联网后自动更新", "第一次在本机登录的人员须联网一次")


class UnlockWindow(QFrame):
    unlock_requested = pyqtSignal(str, str)
    retry_requested = pyqtSignal()
    import_requested = pyqtSignal()
    painted = pyqtSignal()  # once, with the first paint

    def __init__(self, facts: UnlockFacts) -> None:
        super().__init__()
        self._shown = False
        self.setObjectName("page")
        self.setWindowTitle("泰好办 · 窗口综合受理工作站")
        self.setMinimumSize(1180, 640)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._make_left())
        row.addStretch(1)
        row.addLayout(self._make_form())
        row.addSpacing(40)
        row.addLayout(self._make_right())
        row.addStretch(1)
        self.update_facts(facts)
        (self.password if facts.staff else self.staff).setFocus()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if not self._shown:
            self._shown = True
            QTimer.singleShot(0, self.staff.shut_ime)
            self.painted.emit()

    def update_facts(self, facts: UnlockFacts) -> None:
        self._place.setText(facts.place or "未登记")
        self._device.setText(f"设备标识 {facts.device or '—'} · 副本加密 已启用")
        self._clock.setText(facts.clock)
        if facts.staff and not self.staff.text():
            self.staff.setText(facts.staff)
        if facts.online is None:
            self._state.show_state("正在连接中心", "neutral")
        elif facts.online:
            self._state.show_state("中心在线", "green")
        else:
            self._state.show_state("中心离线 · 可离线登录", "amber")

    def change_clerk(self) -> None:
        """Alt+C: another clerk signs in; nothing of the last one stays in the fields."""
        self.staff.clear()
        self.password.clear()
        self._notice.hide()
        self.staff.setFocus()

    def show_import(self, name: str) -> None:
        """A 摆渡包 was chosen; it opens with the keys of the machine, so the password comes first."""
        self._notice.say(f"已选 {name}。文件没有改动。输入口令解锁，解锁后立即导入。", "amber")
        (self.password if self.staff.text() else self.staff).setFocus()

    def show_clock(self, text: str) -> None:
        self._clock.setText(text)

    def show_error(self, text: str) -> None:
        self.set_busy(False)
        self._notice.say(text, "red")
        self.password.selectAll()
        self.password.setFocus()

    def set_busy(self, busy: bool) -> None:
        self._button.set_text("正在解锁…" if busy else "解锁")
        self._button.setEnabled(not busy)

    def _try(self) -> None:
        if not self._button.isEnabled():
            return
        if not self.staff.text().strip():
            self._notice.say("还没有填工号。没有改动。请先填工号。", "amber")
            self.staff.setFocus()
            return
        self._notice.hide()
        self.set_busy(True)
        self.unlock_requested.emit(self.staff.text().strip(), self.password.text())

    def _make_left(self) -> QFrame:
        left = QFrame()
        left.setObjectName("signin")
        left.setFixedWidth(430)
        box = QVBoxLayout(left)
        box.setContentsMargins(44, 84, 44, 24)
        box.setSpacing(8)
        head = QHBoxLayout()
        logo = QLabel("泰")
        logo.setObjectName("logo")
        logo.setFixedSize(40, 40)
        align(logo, ALIGN_CENTER)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(label("泰好办", "title"))
        names.addWidget(label("窗口综合受理工作站", "soft"))
        head.addWidget(logo)
        head.addLayout(names)
        head.addStretch()
        box.addLayout(head)
        box.addSpacing(30)
        for line in ("断网也能开门办事。", "办件先在本机加密存好，", "联网后自动对齐中心。"):
            box.addWidget(label(line, "title"))
        box.addSpacing(16)
        facts = QFrame()
        facts.setObjectName("facts")
        grid = QGridLayout(facts)
        grid.setContentsMargins(16, 12, 16, 12)
        self._place = ElidedLabel()
        self._clock = label("")
        for i, (name, value) in enumerate((("本机", self._place), ("本机时钟", self._clock))):
            grid.addWidget(label(name, "strong"), i, 0)
            align(value, ALIGN_RIGHT)
            grid.addWidget(value, i, 1)
        box.addWidget(facts)
        box.addStretch()
        self._device = label("", "soft", wrap=True)
        box.addWidget(self._device)
        return left

    def _make_form(self) -> QVBoxLayout:
        form = QVBoxLayout()
        form.setContentsMargins(0, 76, 0, 24)
        form.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(label("解锁工作站", "title"))
        head.addStretch()
        self._state = Tag("正在连接中心")
        head.addWidget(self._state)
        form.addLayout(head)
        form.addWidget(label("离线时，用上次联网下发到本机的凭证核对身份。", "secondary"))
        form.addSpacing(8)
        self.staff = CodeEdit(before_paint=True)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        for name, editor in (("工号", self.staff), ("口令", self.password)):
            form.addWidget(label(name, "secondary"))
            editor.setAccessibleName(name)
            editor.setFixedWidth(372)
            form.addWidget(editor)
            form.addSpacing(6)
        self.staff.returnPressed.connect(self.password.setFocus)
        self.password.returnPressed.connect(self._try)
        form.addWidget(label("连错 5 次锁 15 分钟，数据不会清除。", "caption"))
        form.addSpacing(8)
        self._button = KeyButton("解锁", kind="primary", shows="Enter")
        self._button.setFixedWidth(372)
        self._button.run.connect(self._try)
        form.addWidget(self._button)
        row = QHBoxLayout()
        other = KeyButton("换人", "Alt+C", "quiet")
        other.run.connect(self.change_clerk)
        row.addWidget(other)
        take = KeyButton("导入离线授权", "Alt+I", "quiet")
        take.setToolTip("摆渡包里有离线授权、号段和目录")
        take.run.connect(self.import_requested)
        row.addWidget(take)
        row.addStretch()
        retry = KeyButton("重试连接", "F5", "quiet")
        retry.run.connect(self.retry_requested)
        row.addWidget(retry)
        form.addLayout(row)
        self._notice = Notice("red")
        self._notice.setFixedWidth(372)
        form.addWidget(self._notice)
        form.addStretch()
        return form

    def _make_right(self) -> QVBoxLayout:
        right = QVBoxLayout()
        right.setContentsMargins(0, 76, 0, 24)
        right.setSpacing(12)
        card = Card()
        card.setFixedWidth(350)
        card.body.setContentsMargins(16, 12, 16, 12)
        card.body.setSpacing(8)
        card.body.addWidget(label("离线时", "section"))
        for mark, lines, role in (("✓", _CAN, "green"), ("–", _CANNOT, "amber")):
            for line in lines:
                row = QHBoxLayout()
                row.addWidget(label(mark, role))
                row.addWidget(label(line, "secondary" if mark != "✓" else "", wrap=True), 1)
                card.body.addLayout(row)
        right.addWidget(card)
        card = Card()
        card.setFixedWidth(350)
        card.body.setContentsMargins(16, 12, 16, 12)
        card.body.addWidget(label("离线租约", "section"))
        card.body.addWidget(
            label(
                "七天内离线照常办理。到期后只能查看和打印，不能新受理；联网登录一次即续约，已受理的办件照常有效。",
                "secondary",
                wrap=True,
            )
        )
        right.addWidget(card)
        right.addStretch()
        return right


def clock_text() -> str:
    """The machine's own clock, as the window shows it."""
    now = dt.datetime.now()
    return f"{now:%Y-%m-%d} 周{'一二三四五六日'[now.weekday()]} {now:%H:%M}"
