"""The right side of the sign-in window and its status bar: lease, what works offline, the clock."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from views.theme import set_kind
from views.unlock.facts import (
    LEASE_DAYS,
    Known,
    day_time,
    lease_cells,
    revoked_of,
    sealed_words,
    span_words,
)
from views.widgets import Card, KeyButton, label
from views.widgets.early import ALIGN_CENTER, align
from views.widgets.elided import ElidedLabel

CAN = (
    "受理、收件、容缺、承诺、一次性告知，打印文书",
    "查指南、依据、样表，查本机办件和历史",
    "读证、高拍，登记叫号和评价",
)
CANNOT = ("其他大厅的办件暂时看不到", "新的事项目录和号段联网后自动更新", "第一次在本机登录的人员须联网一次")
_UNKNOWN = "登录后可见。没有续过约的人员，要联网登录一次。"
_AFTER = "到期后只能查看、打印和导出，不能新受理；已受理的办件照常有效。剩 2 天起每天提醒。"
_OVER = "登录后可以查看、打印和导出，不能新受理；已受理的办件都有效。联网登录一次即续约，或导入离线授权。"


def inset_card(title: str) -> Card:
    card = Card()
    card.body.setContentsMargins(16, 12, 16, 12)
    card.body.setSpacing(6)
    head = QHBoxLayout()
    head.addWidget(label(title, "section"))
    head.addStretch()
    card.body.addLayout(head)
    return card


class LeaseCard(QFrame):
    """How long one may go on without the centre; or that the centre has revoked this desk."""

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        card = Card()
        card.body.setContentsMargins(16, 12, 16, 12)
        card.body.setSpacing(6)
        head = QHBoxLayout()
        self._title = label("离线租约", "section")
        self._whole = label(f"共 {LEASE_DAYS} 天，联网自动续", "caption")
        head.addWidget(self._title)
        head.addStretch()
        head.addWidget(self._whole)
        card.body.addLayout(head)
        line = QHBoxLayout()
        line.setSpacing(8)
        self._left = label("", "kpi")
        self._left.setProperty("state", "")  # a change of it asks for the style, which is slow the first time
        self._until = ElidedLabel("", "secondary")
        line.addWidget(self._left)
        line.addWidget(self._until, 1)
        card.body.addLayout(line)
        self._cells = QHBoxLayout()
        self._cells.setSpacing(0)
        card.body.addLayout(self._cells)
        self._strip: list[QFrame] = []
        self._note = label(_UNKNOWN, "caption", wrap=True)
        card.body.addWidget(self._note)
        box.addWidget(card)
        self.show_lease(Known(), 0)

    def show_lease(self, known: Known, now_ms: int) -> None:
        for frame in self._strip:
            frame.hide()
            frame.deleteLater()
        self._strip = []
        told, kind = "", ""
        if known.revoked_ms:
            out = revoked_of(known)
            told, kind, until = "已撤销", "red", f"{day_time(known.revoked_ms)}{' 得知' if out.heard else ''}"
            note = "".join(
                (
                    f"由 {out.by} 撤销，" if out.by else "",
                    "中心不再收本机的办件。",
                    f"{sealed_words(known.waiting)}，没有丢，只有中心能打开；登录后可以导出封存包。",
                    f"{out.whom_to_call()}。",
                )
            )
        elif not known.lease_ms:
            until, note = "", _UNKNOWN
        elif known.lease_ms <= now_ms:
            told, kind, until, note = "已到期", "red", day_time(known.lease_ms), _OVER
        else:
            told, until, note = span_words(known.lease_ms - now_ms), f"到 {day_time(known.lease_ms)}", _AFTER
            for day, word, cell in lease_cells(now_ms, known.lease_ms):
                self._cells.addWidget(self._cell(day, word, cell), 1)
        self._title.setText("本机授权" if known.revoked_ms else "离线租约")
        self._whole.setVisible(not known.revoked_ms)
        self._left.setText(told)
        self._left.setVisible(bool(told))
        set_kind(self._left, "state", kind)
        self._until.setText(until)
        self._until.setVisible(bool(until))
        self._note.setText(note)

    def _cell(self, day: str, word: str, kind: str) -> QFrame:
        frame = QFrame()
        frame.setProperty("cell", kind)
        frame.setAccessibleName(f"{day} {word}")
        box = QVBoxLayout(frame)
        box.setContentsMargins(0, 2, 0, 2)
        box.setSpacing(0)
        for text in (day, word):
            line = label(text, "caption")
            align(line, ALIGN_CENTER)
            box.addWidget(line)
        self._strip.append(frame)
        return frame


def offline_card() -> Card:
    card = inset_card("离线时")
    for mark, lines, role in (("✓", CAN, "green"), ("–", CANNOT, "amber")):
        for line in lines:
            row = QHBoxLayout()
            sign = label(mark, role)
            sign.setFixedWidth(14)
            row.addWidget(sign)
            row.addWidget(label(line, "softbody" if mark != "✓" else "body", wrap=True), 1)
            card.body.addLayout(row)
    return card


class StatusBar(QFrame):
    """The same place and height as in the workstation; nothing personal."""

    theme_requested = pyqtSignal()
    scale_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusbar")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(10)
        self._cells: dict[str, QLabel] = {}
        for at, name in enumerate(("connection", "waiting", "catalog", "replica")):
            if at:
                row.addWidget(_rule())
            self._cells[name] = label("")
            self._cells[name].setProperty("role", "")
            row.addWidget(self._cells[name])
        row.addStretch()
        for text, key, signal in (
            ("高对比度", "Alt+H", self.theme_requested),
            ("字号", "Alt+=", self.scale_requested),
        ):
            button = KeyButton(text, key, "quiet")
            button.run.connect(signal)
            row.addWidget(button)
        row.addWidget(_rule())
        self.clock = label("")
        row.addWidget(self.clock)

    def tell(self, name: str, text: str, role: str = "") -> None:
        cell = self._cells[name]
        cell.setText(text)
        set_kind(cell, "role", role)


def _rule() -> QWidget:
    rule = QFrame()
    rule.setObjectName("sep")
    rule.setFixedHeight(14)
    return rule
