"""The frame of every screen: app bar, pages, status bar, overlay; no page knows another."""

from __future__ import annotations

import msgspec
from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from views.theme import set_kind
from views.widgets import label

MESSAGE_MS = 8000


class ShellStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the status bar says; times are local HH:MM, ``since`` is "" while online."""

    connection: str = "offline"  # online | sending | offline | expired
    since: str = ""
    progress: str = ""
    waiting: int = 0
    attention: int = 0
    numbers: int = 0
    catalog: str = ""
    replica: str = ""
    lease: str = ""
    clock: str = ""


_CONNECTION = {
    "online": ("在线", "green"),
    "sending": ("正在补传", "green"),
    "offline": ("中心离线", "amber"),
    "expired": ("租约到期·只读", "red"),
}


class Shell(QMainWindow):
    """Pages are registered by :meth:`add_page`; only registered ones appear in the bar."""

    page_changed = pyqtSignal(str)
    palette_requested = pyqtSignal()
    lock_requested = pyqtSignal()
    sync_requested = pyqtSignal()
    theme_requested = pyqtSignal()
    scale_requested = pyqtSignal(int)

    def __init__(self, place: str, clerk: str) -> None:
        super().__init__()
        self.setWindowTitle("泰好办 · 窗口综合受理工作站")
        self.setMinimumSize(1180, 640)
        self._nav: dict[str, QPushButton] = {}
        self._pages: dict[str, QWidget] = {}
        root = QWidget()
        root.setObjectName("page")
        box = QVBoxLayout(root)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._make_bar(place, clerk))
        self._stack = QStackedWidget()
        box.addWidget(self._stack, 1)
        box.addWidget(self._make_status())
        self.setCentralWidget(root)
        self._overlay: QFrame | None = None
        self._before_overlay: QWidget | None = None
        self._message_timer = QTimer(self)
        self._message_timer.setSingleShot(True)
        self._message_timer.timeout.connect(lambda: self._message.setText(""))
        self._keys()

    def add_page(self, name: str, title: str, letter: str, page: QWidget) -> None:
        """Put a page in the bar; Alt+``letter`` opens it."""
        button = QPushButton(f"{title} {letter}")
        button.setProperty("kind", "nav")
        button.setCheckable(True)
        button.setFixedHeight(44)
        button.setAccessibleName(title)
        button.clicked.connect(lambda: self.show_page(name))
        QShortcut(QKeySequence(f"Alt+{letter}"), self).activated.connect(lambda: self.show_page(name))
        self._nav[name] = button
        self._pages[name] = page
        self._bar_pages.addWidget(button)
        self._stack.addWidget(page)
        if len(self._pages) == 1:
            self.show_page(name)

    def show_page(self, name: str) -> None:
        for other, button in self._nav.items():
            button.setChecked(other == name)
        self._stack.setCurrentWidget(self._pages[name])
        self.page_changed.emit(name)

    def current_page(self) -> str:
        current = self._stack.currentWidget()
        return next((name for name, page in self._pages.items() if page is current), "")

    def badge(self, name: str, count: int) -> None:
        """A number beside a page's title; 0 takes it away."""
        button = self._nav[name]
        title = button.accessibleName()
        letter = button.text().split("  ")[0].rsplit(" ", 1)[-1]
        button.setText(f"{title} {letter}" + (f"  ● {count}" if count else ""))

    def say(self, text: str) -> None:
        """A result in the status bar for eight seconds."""
        self._message.setText(text.split("。")[0])
        self._message.setToolTip(text)
        self._message_timer.start(MESSAGE_MS)

    def update_status(self, status: ShellStatus) -> None:
        word, kind = _CONNECTION[status.connection]
        since = f" 自 {status.since}" if status.since and status.connection == "offline" else ""
        progress = f" {status.progress}" if status.progress else ""
        self._cells["connection"].setText(f"● {word}{since}{progress}")
        set_kind(self._cells["connection"], "role", kind)
        self._cells["waiting"].setText(f"待同步 {status.waiting} 件")
        self._cells["numbers"].setText(f"剩余受理编号 {status.numbers}")
        set_kind(self._cells["numbers"], "role", "amber" if status.numbers < 20 else "")
        self._cells["catalog"].setText(f"目录 {status.catalog or '—'}")
        self._cells["replica"].setText(f"副本 {status.replica or '—'}")
        self._cells["lease"].setText(status.lease)
        self._clock.setText(status.clock)
        if "sync" in self._nav:
            self.badge("sync", status.waiting + status.attention)

    def status_text(self, cell: str) -> str:
        return self._cells[cell].text()

    def show_overlay(self, widget: QWidget) -> None:
        """Lay a sheet over everything; Esc closes it and the focus goes back where it was."""
        self.close_overlay()
        self._before_overlay = QApplication.focusWidget()
        overlay = QFrame(self)
        overlay.setObjectName("overlay")
        box = QVBoxLayout(overlay)
        box.setContentsMargins(0, 44, 0, 40)
        box.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        overlay.setGeometry(self.rect())
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), overlay)
        escape.activated.connect(self.close_overlay)
        self._overlay = overlay
        overlay.show()
        overlay.raise_()
        widget.setFocus()

    def close_overlay(self) -> None:
        if self._overlay is not None:
            self._overlay.hide()
            self._overlay.deleteLater()
            self._overlay = None
            before, self._before_overlay = self._before_overlay, None
            # A list may have been shown anew meanwhile.
            if before is not None and not sip.isdeleted(before) and before.isVisible():
                before.setFocus()

    def overlay_open(self) -> bool:
        return self._overlay is not None

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self._overlay is not None:
            self._overlay.setGeometry(self.rect())

    def _make_bar(self, place: str, clerk: str) -> QFrame:
        bar = QFrame()
        bar.setObjectName("topbar")
        bar.setFixedHeight(44)
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        logo = QLabel("泰")
        logo.setObjectName("logo")
        logo.setFixedSize(24, 24)
        logo.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row.addWidget(logo)
        row.addWidget(label("泰好办", "section"))
        row.addWidget(label("窗口综合受理工作站", "soft"))
        row.addSpacing(12)
        self._bar_pages = QHBoxLayout()
        self._bar_pages.setSpacing(0)
        row.addLayout(self._bar_pages)
        row.addStretch(1)
        find = QPushButton("搜事项、办件、动作        F3  Ctrl+K")
        find.setProperty("kind", "find")
        find.setFixedSize(300, 30)
        find.setAccessibleName("搜索")
        find.clicked.connect(self.palette_requested)
        row.addWidget(find)
        row.addSpacing(8)
        row.addWidget(label(place, "soft"))
        row.addWidget(label(clerk, "body"))
        lock = QPushButton("锁屏 Ctrl+L")
        lock.setProperty("kind", "lock")
        lock.clicked.connect(self.lock_requested)
        row.addWidget(lock)
        return bar

    def _make_status(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("statusbar")
        frame.setFixedHeight(28)
        row = QHBoxLayout(frame)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(10)
        self._cells: dict[str, QLabel] = {}
        for name in ("connection", "waiting", "numbers", "catalog", "replica", "lease"):
            self._cells[name] = label("")
            row.addWidget(self._cells[name])
            separator = QFrame()
            separator.setObjectName("sep")
            separator.setFixedHeight(14)
            row.addWidget(separator)
        self._message = label("", "strong")
        row.addWidget(self._message, 1)
        self._clock = label("")
        row.addWidget(self._clock)
        row.addWidget(label("F1 键位"))
        return frame

    def _keys(self) -> None:
        for key, signal in (
            ("F3", self.palette_requested),
            ("Ctrl+K", self.palette_requested),
            ("Ctrl+L", self.lock_requested),
            ("F5", self.sync_requested),
            ("Alt+H", self.theme_requested),
        ):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(signal.emit)
        QShortcut(QKeySequence("Alt+="), self).activated.connect(lambda: self.scale_requested.emit(1))
        QShortcut(QKeySequence("Alt+-"), self).activated.connect(lambda: self.scale_requested.emit(-1))
        QShortcut(QKeySequence("F11"), self).activated.connect(self._full_screen)
        QShortcut(QKeySequence("F1"), self).activated.connect(lambda: self.show_overlay(key_map()))

    def _full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()


KEYS = (
    ("F3 / Ctrl+K", "搜事项、办件、动作"),
    ("F5", "立即同步，重试"),
    ("F8", "跳到下一缺项"),
    ("Alt+1 … 6", "打开第 1 至 6 步"),
    ("Alt+W / B / Y / T", "工作台 / 办件 / 一件事 / 同步"),
    ("↑ ↓", "选行"),
    ("1 2 3 4 5 6 7 0", "材料：纸质 高拍 证照库 电子 容缺 承诺 不符合 清除"),
    ("1 2 3", "要点：符合 不符合 不适用"),
    ("1 2 …", "情形：第几个选项"),
    ("Ctrl+Enter", "受理"),
    ("Ctrl+S / Ctrl+B", "暂存 / 一次性告知"),
    ("Ctrl+P", "打开当前文书"),
    ("Ctrl+L", "锁屏"),
    ("Alt+H", "高对比度"),
    ("Alt+= / Alt+-", "字号大 / 小"),
    ("F11", "全屏"),
    ("Esc", "关闭浮层，不丢内容"),
)


def key_map() -> QWidget:
    """The F1 sheet."""
    sheet = QFrame()
    sheet.setObjectName("sheet")
    sheet.setFixedWidth(560)
    box = QVBoxLayout(sheet)
    box.setContentsMargins(24, 16, 24, 16)
    box.addWidget(label("键位表", "title"))
    for key, what in KEYS:
        row = QHBoxLayout()
        cap = label(key, "keycap")
        cap.setFixedWidth(150)
        row.addWidget(cap)
        row.addWidget(label(what), 1)
        box.addLayout(row)
    box.addWidget(label("Esc 关闭", "caption"))
    return sheet


class ComposingGuard(QObject):
    """While an input method is putting a word together, the app's own keys stay out of it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.composing = False

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None:
            return False
        if event.type() == QEvent.Type.InputMethod:
            self.composing = bool(event.preeditString())  # type: ignore[attr-defined]  # a QInputMethodEvent
        elif event.type() == QEvent.Type.FocusOut:
            self.composing = False
        elif event.type() == QEvent.Type.ShortcutOverride and self.composing:
            event.accept()  # claim it for the field: no shortcut fires
            return True
        return False
