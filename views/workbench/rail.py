"""The left rail: a new case, my drafts, today's cases; totals pinned at the bottom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from functools import partial

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.queries.cases import CaseRow
from app.queries.deadlines import DueRow
from app.queries.drafts import DraftRow
from models.domain.case import STATUS_NAMES, CaseStatus
from models.domain.numbers import number_tail
from views.theme import scaled
from views.widgets import clear_layout, label
from views.widgets.caps import CapButton
from views.widgets.elided import ElidedLabel
from views.widgets.keys import bind
from views.workbench.rail_icons import WIDTH as ICONS
from views.workbench.rail_icons import RailIcons
from views.workbench.ticket import Ticket

SYNC_WORDS = {"synced": "已同步", "pending": "待同步", "attention": "要您处理"}


class RowButton(CapButton):
    """A button as high as what is laid out in it; Qt asks only for its text, which it has none of."""

    def sizeHint(self) -> QSize:
        inner = self.layout()
        return inner.sizeHint() if inner is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        inner = self.layout()
        return inner.minimumSize() if inner is not None else super().minimumSizeHint()


class Rail(QFrame):
    """``short``: whether there is little room for the lists."""

    draft_opened = pyqtSignal(str)
    case_opened = pyqtSignal(str)
    disputed_opened = pyqtSignal(str)  # a case that wants a person: 同步 tells why
    short = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self._narrow = self._expanded = False
        self._wide = 232
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.icons = RailIcons()
        self.icons.wanted.connect(self._focus)
        self.icons.hide()
        outer.addWidget(self.icons)
        self._whole = QWidget()
        outer.addWidget(self._whole, 1)
        self.setFixedWidth(self._wide)
        box = QVBoxLayout(self._whole)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        self.ticket = Ticket()
        box.addWidget(self.ticket)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        self._lists = QVBoxLayout(inner)
        self._lists.setContentsMargins(0, 0, 0, 0)
        self._lists.setSpacing(0)
        scroll.setWidget(inner)
        box.addWidget(scroll, 1)
        foot = QFrame()
        foot.setObjectName("railhead")
        line = QHBoxLayout(foot)
        line.setContentsMargins(14, 8, 14, 8)
        self._totals = label("", "caption", wrap=True)
        line.addWidget(self._totals)
        self._strips = QVBoxLayout()
        box.addLayout(self._strips)
        box.addWidget(foot)
        self._told: object = None
        self._buttons: dict[str, QPushButton] = {}
        self._first: dict[str, QPushButton | None] = {"due": None, "draft": None, "today": None}
        for key, name, what in (
            ("Alt+A", "ticket", "到叫号"),
            ("Alt+X", "due", "到时限提醒"),
            ("Alt+D", "draft", "到我的草稿"),
            ("Alt+J", "today", "到今日办件"),
        ):
            bind(self, key, what, partial(self._focus, name))
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._left)

    def add_strip(self, strip: QWidget) -> None:
        """Something that stands between the lists and the totals; it says where its focus goes."""
        self._strips.addWidget(strip)

    def show_now(self, text: str, *, unfinished: bool = False) -> None:
        self.ticket.show_now(text, unfinished=unfinished)

    def fit(self, window: int, *, narrow: bool) -> None:
        """ui.md §3: 232 px, 200 below 1366, icons and numbers below 1280."""
        self._narrow = narrow
        self._wide = 232 if window >= 1366 or narrow else 200
        self._dress()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.short.emit(self.height() < scaled(620))

    def _dress(self) -> None:
        icons = self._narrow and not self._expanded
        self.icons.setVisible(icons)
        self._whole.setVisible(not icons)
        self.setFixedWidth(ICONS if icons else self._wide)

    def _left(self, before: QWidget | None, now: QWidget | None) -> None:
        """In a narrow window the whole rail stays only while somebody is in it."""
        if self._expanded and now is not None and not self.isAncestorOf(now):
            self._expanded = False
            self._dress()

    def show_lists(
        self,
        drafts: list[DraftRow],
        today: list[CaseRow],
        counts: dict[str, int],
        due: Sequence[DueRow] = (),
        clashing: Collection[str] = (),
    ) -> None:
        """What is there already is not made anew: it is asked after each act, each round and each change of page."""
        told = (drafts, today, counts, list(due), set(clashing), dt.datetime.now().date())
        if told == self._told:
            return
        self._told = told
        now = QApplication.focusWidget()
        kept = next((key for key, button in self._buttons.items() if button is now), "")
        clear_layout(self._lists)
        self._buttons = {}
        self._first = {"due": None, "draft": None, "today": None}
        if due:
            self._head(f"时限提醒 {len(due)}", "Alt+X")
        for urgent in due[: 3 if drafts or today else 6]:
            button = self._row(urgent.item_name, "", urgent.text, "", tone=urgent.tone)
            button.clicked.connect(lambda _, key=urgent.case_id: self.case_opened.emit(key))
            self._buttons[f"t:{urgent.case_id}"] = button
            self._first["due"] = self._first["due"] or button
        self._head(f"我的草稿 {len(drafts)}", "Alt+D")
        for draft in drafts[:4]:
            button = self._row(
                draft.item_name, draft.applicant or "未填申请人", f"{_when(draft.saved_ms)} 已存", ""
            )
            button.clicked.connect(lambda _, key=draft.case_id: self.draft_opened.emit(key))
            self._first["draft"] = self._first["draft"] or button
            self._buttons[f"d:{draft.case_id}"] = button
        self._head(f"今日 {len(today)} 件", "Alt+J")
        for row in today[:12]:
            at = dt.datetime.fromtimestamp(row.changed_ms / 1000).strftime("%H:%M")
            mark = number_tail(row.number) if row.number else row.receipt or "未编号"
            held = row.case_id in clashing
            state = f"{STATUS_NAMES[row.status]} · {'! 有冲突' if held else SYNC_WORDS[row.sync]}"
            tone = "red" if row.sync == "attention" else ""
            button = self._row(row.item_name, mark, state, at, tone=tone, number=True)
            opened = self.disputed_opened if row.sync == "attention" else self.case_opened
            button.clicked.connect(lambda _, key=row.case_id, to=opened: to.emit(key))
            self._first["today"] = self._first["today"] or button
            self._buttons[f"c:{row.case_id}"] = button
        self._lists.addStretch()
        if kept in self._buttons:
            self._buttons[kept].show()  # only what is shown takes the focus
            self._buttons[kept].setFocus()
        self.icons.show_counts({"due": len(due), "draft": len(drafts), "today": len(today)})
        self._totals.setText(
            f"受理 {counts.get(CaseStatus.ACCEPTED, 0)}　告知 {counts.get(CaseStatus.SUPPLEMENT, 0)}　"
            f"不予受理 {counts.get(CaseStatus.REFUSED, 0)}"
        )

    def _head(self, text: str, key: str) -> None:
        frame = QFrame()
        frame.setObjectName("railhead")
        row = QHBoxLayout(frame)
        row.setContentsMargins(14, 4, 14, 4)
        row.addWidget(label(text, "railtitle"))
        row.addStretch()
        row.addWidget(label(key, "keycap"))
        self._lists.addWidget(frame)

    def _row(
        self, title: str, left: str, right: str, at: str, *, tone: str = "", number: bool = False
    ) -> QPushButton:
        button = RowButton()
        button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # may be narrower
        button.setProperty("kind", "row")
        button.setAccessibleName(f"{title}，{left}，{right}")
        box = QVBoxLayout(button)
        box.setContentsMargins(14, 4, 14, 4)
        box.setSpacing(0)
        top = QHBoxLayout()
        top.addWidget(ElidedLabel(title, "body"), 1)
        top.addWidget(label(at, "caption"))
        bottom = QHBoxLayout()
        first = label(left, "caption") if number else ElidedLabel(left, "caption")
        last = ElidedLabel(right, f"{tone}caption" if tone else "caption")
        last.setAlignment(Qt.AlignmentFlag.AlignRight)
        if left:
            bottom.addWidget(first, 0 if number else 1)
        if left and not number:  # when it was kept is whole, the name has what is left
            last.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        bottom.addWidget(last, 0 if left and not number else 1)
        box.addLayout(top)
        box.addLayout(bottom)
        self._lists.addWidget(button)
        return button

    def _focus(self, name: str) -> None:
        button = self._place(name)
        if button is not None and self._narrow and not self._expanded:
            self._expanded = True
            self._dress()
        if button is not None:
            button.setFocus()

    def _place(self, name: str) -> QWidget | None:
        if name == "ticket":
            return self.ticket.buttons[0]
        if name == "steps":
            strip = self._strips.itemAt(0)
            return strip.widget() if strip is not None else None
        return self._first[name]


def _when(ms: int) -> str:
    """03:43 of today, else 11-28 16:40."""
    at = dt.datetime.fromtimestamp(ms / 1000)
    return at.strftime("%H:%M" if at.date() == dt.datetime.now().date() else "%m-%d %H:%M")
