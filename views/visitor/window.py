"""The second screen: a greeting, what the case still needs, what was entered, what came of it, the rating.

21 pt; one visitor's data at a time; it takes no focus from the clerk's window, and no key of the clerk does
anything on it.
"""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from models.service_texts import RatingReasons, ServiceTexts
from views.theme import scaled, set_kind
from views.visitor.ballot import BallotPanel
from views.visitor.content import CheckLine, Progress, Result
from views.visitor.pieces import Code, TouchButton, big
from views.widgets import clear_layout, label
from views.widgets.sign import Sign

_MARKS = {
    "done": ("check", "green", "已办"),
    "now": ("arrow", "blue", "正在办"),
    "open": ("clock", "text3", "还没办"),
}


class VisitorWindow(QWidget):
    """``disputed`` with a path; ``confirmed``; ``rated`` with a Ballot; ``closed`` by the window's own frame."""

    disputed = pyqtSignal(str)
    confirmed = pyqtSignal()
    rated = pyqtSignal(object)
    closed = pyqtSignal()

    def __init__(self, place: str, texts: ServiceTexts, reasons: RatingReasons) -> None:
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("泰好办 · 来人屏")
        self.setMinimumSize(1024, 600)
        self._texts = texts
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        bar = QFrame()
        bar.setObjectName("visitorbar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(32, 10, 32, 10)
        row.addWidget(label(place, "visitorbar"))
        box.addWidget(bar)
        self.pages = QStackedWidget()
        box.addWidget(self.pages, 1)
        self._panels: dict[str, QWidget] = {}
        self._welcome()
        self._progress()
        self._check()
        self._result()
        self.ballot = BallotPanel(reasons)
        self.ballot.given.connect(self.rated)
        self.ballot.declined.connect(self.show_thanks)
        self.ballot.typing.connect(self._take_keys)
        self.ballot.touched.connect(self.wait)
        self._add("ballot", self.ballot)
        self._thanks()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.show_welcome)
        self.show_welcome()

    # -- states ----------------------------------------------------------------------------------

    def state(self) -> str:
        now = self.pages.currentWidget()
        return next(name for name, panel in self._panels.items() if panel is now)

    def show_welcome(self) -> None:
        """Nobody's data is on the screen any more, nor kept in a panel behind."""
        self._timer.stop()
        self._forget()
        self._open("welcome")

    def show_progress(self, told: Progress) -> None:
        self._timer.stop()
        self._item.setText(told.item)
        for words, (picture, name, line) in zip(told.steps, self._steps, strict=True):
            icon, token, said = _MARKS[words[1]]
            picture.setFixedSize(scaled(28), scaled(28))
            picture.show_sign(icon, token)
            picture.setAccessibleName(said)
            name.setText(f"{words[0]}　{said}" if words[1] == "now" else words[0])
            set_kind(name, "role", "visitorstrong" if words[1] == "now" else "visitor")
            line.setAccessibleName(f"{words[0]}，{said}")
        clear_layout(self._wanting)
        self._wanting.addWidget(
            big("还需要您" if told.wanting else "您这边都齐了，请稍等。", "visitorstrong")
        )
        for text in told.wanting:
            row = QHBoxLayout()
            row.setSpacing(12)
            row.addWidget(big("·", wrap=False), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(big(text), 1)
            self._wanting.addLayout(row)
        if told.more:
            self._wanting.addWidget(big(f"另有 {told.more} 项，窗口会逐项告诉您。", "visitorsoft"))
        self._wanting.addStretch()
        self._open("progress")

    def show_check(self, lines: tuple[CheckLine, ...], disputed: frozenset[str]) -> None:
        self._timer.stop()
        clear_layout(self._lines)
        for place, line in enumerate(lines):
            self._lines.addWidget(big(line.name, "visitorsoft"), place, 0)
            self._lines.addWidget(big(line.value), place, 1)
            wrong = line.path in disputed
            button = TouchButton("已告诉窗口" if wrong else "有误", "visitorsmall")
            button.setAccessibleName(f"{line.name}{'已告诉窗口' if wrong else '有误'}")
            button.setEnabled(not wrong)
            button.clicked.connect(lambda _, path=line.path: self.disputed.emit(path))
            self._lines.addWidget(button, place, 2)
        self._lines.setRowStretch(len(lines), 1)
        self.right.setText("其余都对" if disputed else "都对")
        self._open("check")

    def show_result(self, told: Result) -> None:
        self._title.setText(told.title)
        self._what.setText(told.item)
        self._mark.setText(f"{told.mark_name}　{told.mark}" if told.mark else "")
        self._told.setText("\n".join(told.lines))
        self._qr.show_code(told.qr, "核对编号的二维码")
        self._scan.setVisible(bool(told.qr))
        self._open("result")
        self.wait()

    def show_ballot(self, code: str) -> None:
        self.ballot.begin(code)
        self._open("ballot")
        self.wait()

    def show_thanks(self, text: str = "") -> None:
        """After a rating, or when it was left: 未评价."""
        self._said.setText(text if isinstance(text, str) and text else "谢谢您，请慢走。")
        self._forget()
        self._open("thanks")
        self._timer.start(8_000)

    def wait(self) -> None:
        """Go back to the greeting some time after the last touch."""
        self._timer.start(self._texts.rating_seconds * 1000)

    # -- parts -----------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._take_keys(False)
        clear_layout(self._lines)
        clear_layout(self._wanting)
        for text in (self._item, self._title, self._what, self._mark, self._told):
            text.setText("")
        self._qr.show_code("", "")
        self.ballot.begin("")

    def _take_keys(self, wanted: bool) -> None:
        """Only while the visitor writes a text may the window take the keyboard."""
        handle = self.windowHandle()
        if handle is not None:
            handle.setFlag(Qt.WindowType.WindowDoesNotAcceptFocus, not wanted)
            if wanted:
                handle.requestActivate()

    def _open(self, name: str) -> None:
        self.pages.setCurrentWidget(self._panels[name])

    def _add(self, name: str, panel: QWidget) -> None:
        layout = panel.layout()
        assert layout is not None
        layout.setContentsMargins(32, 20, 32, 24)
        self._panels[name] = panel
        self.pages.addWidget(panel)

    def _welcome(self) -> None:
        panel = QWidget()
        box = QVBoxLayout(panel)
        box.addStretch()
        box.addWidget(big("欢迎您来办事", "visitorhuge"), 0, Qt.AlignmentFlag.AlignHCenter)
        said = big(self._texts.welcome)
        said.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(said)
        box.addStretch()
        self._add("welcome", panel)

    def _progress(self) -> None:
        panel = QWidget()
        box = QVBoxLayout(panel)
        box.setSpacing(16)
        self._item = big("", "visitortitle")
        box.addWidget(self._item)
        row = QHBoxLayout()
        row.setSpacing(16)
        steps, left = _card()
        self._steps = []
        for _ in range(6):
            line = QWidget()
            inner = QHBoxLayout(line)
            inner.setContentsMargins(0, 4, 0, 4)
            inner.setSpacing(14)
            picture = Sign(28)
            picture.setFixedSize(28, 28)
            name = big("", wrap=False)
            inner.addWidget(picture)
            inner.addWidget(name, 1)
            steps.addWidget(line)
            self._steps.append((picture, name, line))
        steps.addStretch()
        row.addWidget(left, 2)
        self._wanting, right = _card()
        row.addWidget(right, 3)
        box.addLayout(row, 1)
        self._add("progress", panel)

    def _check(self) -> None:
        panel = QWidget()
        box = QVBoxLayout(panel)
        box.setSpacing(12)
        box.addWidget(big("请您核对，哪一项不对就按它右边的“有误”", "visitortitle"))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QFrame()
        inner.setObjectName("card")
        self._lines = QGridLayout(inner)
        self._lines.setContentsMargins(20, 12, 16, 12)
        self._lines.setHorizontalSpacing(24)
        self._lines.setVerticalSpacing(8)
        self._lines.setColumnStretch(1, 1)
        scroll.setWidget(inner)
        box.addWidget(scroll, 1)
        foot = QHBoxLayout()
        foot.addWidget(big("证件号码和电话只显示一部分。", "visitorsoft"), 1)
        self.right = TouchButton("都对", "visitorprimary")
        self.right.clicked.connect(self.confirmed)
        foot.addWidget(self.right, 1)
        box.addLayout(foot)
        self._add("check", panel)

    def _result(self) -> None:
        panel = QWidget()
        box = QVBoxLayout(panel)
        box.setSpacing(14)
        card = QFrame()
        card.setObjectName("card")
        row = QHBoxLayout(card)
        row.setContentsMargins(24, 20, 24, 20)
        words = QVBoxLayout()
        words.setSpacing(12)
        self._title = big("", "visitorhuge")
        self._what, self._told = big("", "visitorsoft"), big("")
        self._mark = big("", "visitorstrong")
        for one in (self._title, self._what, self._mark, self._told):
            words.addWidget(one)
        words.addStretch()
        row.addLayout(words, 1)
        code = QVBoxLayout()
        self._qr = Code()
        code.addWidget(self._qr, 0, Qt.AlignmentFlag.AlignHCenter)
        self._scan = big("手机扫码核对编号", "visitorsoft", wrap=False)
        code.addWidget(self._scan)
        code.addStretch()
        row.addLayout(code)
        box.addWidget(card, 1)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        self.no = TouchButton("不评价，回到首页")
        self.no.clicked.connect(lambda: self.show_thanks())
        self.yes = TouchButton("评价这次服务")
        foot.addWidget(self.no, 1)
        foot.addWidget(self.yes, 1)
        box.addLayout(foot)
        self._add("result", panel)

    def _thanks(self) -> None:
        panel = QWidget()
        box = QVBoxLayout(panel)
        box.addStretch()
        self._said = big("", "visitorhuge")
        self._said.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(self._said)
        box.addStretch()
        self._add("thanks", panel)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.show_welcome()
        self.closed.emit()
        super().closeEvent(event)


def _card() -> tuple[QVBoxLayout, QFrame]:
    """A white panel, and the column in it."""
    card = QFrame()
    card.setObjectName("card")
    column = QVBoxLayout(card)
    column.setContentsMargins(20, 16, 20, 16)
    column.setSpacing(10)
    return column, card
