"""The frame of every screen: app bar, pages, status bar, overlay; no page knows another."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6 import sip
from PyQt6.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QResizeEvent, QShortcut
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from views.focus import focus_first, tab_stops
from views.overlay import Overlays
from views.status import ShellStatus
from views.status_bar import StatusBar
from views.theme import icon
from views.widgets import Notice, label
from views.widgets.caps import CapButton, NavButton
from views.widgets.elided import ElidedLabel
from views.widgets.keys import Binding, bind, bound_keys, shown_key, what_of

FIND, FIND_SHORT = ("搜事项、办件、人、动作", ("F3", "Ctrl+K")), ("搜索", ("F3",))
FIND_WIDTH = 236  # leaves room for the hall's name and the clerk at 1366 px
_NO_ACTS = {"F3", "Ctrl+K", "F6", "Shift+F6"}  # mean nothing when chosen from the palette


class Shell(QMainWindow):
    """Pages are registered by :meth:`add_page`; only registered ones appear in the bar."""

    page_changed = pyqtSignal(str)
    palette_requested = pyqtSignal()
    lock_requested = pyqtSignal()
    sync_requested = pyqtSignal()
    theme_requested = pyqtSignal()
    scale_requested = pyqtSignal(int)
    help_requested = pyqtSignal()
    settings_requested = pyqtSignal()
    guide_requested = pyqtSignal()
    next_visitor_requested = pyqtSignal()
    card_requested = pyqtSignal()
    camera_requested = pyqtSignal()

    def __init__(self, place: str, clerk: str) -> None:
        super().__init__()
        self.setWindowTitle("泰好办 · 窗口综合受理工作站")
        self.setMinimumSize(1180, 640)
        self._nav: dict[str, NavButton] = {}
        self._pages: dict[str, QWidget] = {}
        root = QWidget()
        root.setObjectName("page")
        box = QVBoxLayout(root)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._make_bar(place, clerk))
        self.notice = Notice()  # of the desk itself, on whatever page
        box.addWidget(self.notice)
        self._stack = QStackedWidget()
        box.addWidget(self._stack, 1)
        self.status = StatusBar()
        self.work, self._message = self.status.work, self.status.message
        box.addWidget(self.status)
        self.setCentralWidget(root)
        self._titles: dict[str, str] = {}
        self._only = ""
        self.more_acts: list[tuple[str, str, Callable[[], object]]] = []  # of parts that have no key
        self._last_in_pane: dict[QWidget, QWidget] = {}
        self.overlays = Overlays(self, self._stack)
        self._fit_soon = QTimer(self)  # larger type is known to the layouts only when its events are through
        self._fit_soon.setSingleShot(True)
        self._fit_soon.timeout.connect(self.fit)
        self.work.resized.connect(lambda: self._fit_soon.start(0))
        self._keys()

    def room(self) -> QWidget:
        """The parent to make a page with; one that gets it afterwards is dressed twice."""
        return self._stack

    def add_page(self, name: str, title: str, letter: str, page: QWidget) -> None:
        """Put a page in the bar; Alt+``letter`` opens it."""
        button = NavButton(title, letter)
        button.clicked.connect(lambda: self.show_page(name))
        bind(self, f"Alt+{letter}", title, lambda: self._go(name))
        self._titles[name] = title
        self._nav[name] = button
        self._pages[name] = page
        self._bar_pages.addWidget(button)
        self._stack.addWidget(page)
        if len(self._pages) == 1:
            self.show_page(name)

    def restrict(self, name: str) -> None:
        """Leave only one page reachable; "" opens them all again."""
        self._only = name
        for other, button in self._nav.items():
            button.setEnabled(not name or other == name)
        self._find.setEnabled(not name)
        if name:
            self.close_overlay()
            self.show_page(name)

    def show_page(self, name: str) -> None:
        name = self._only or name
        for other, button in self._nav.items():
            button.setChecked(other == name)
        self._stack.setCurrentWidget(self._pages[name])
        # Each part that is shown asks to be painted later; left in the queue, that is a second painting of
        # everything, after the one that the change itself brings.
        for kind in (QEvent.Type.LayoutRequest, QEvent.Type.UpdateLater):
            QApplication.sendPostedEvents(None, kind.value)
        self.page_changed.emit(name)

    def _go(self, name: str) -> None:
        """By its key: the page, and a place on it where the next key means something."""
        self.show_page(name)
        if not self.overlay_open():
            any(self._enter(pane) for pane in self._panes())  # the first that has anything to go to

    def next_pane(self, step: int) -> None:
        """F6: from pane to pane in the order of ui.md §5, and to what had the focus there."""
        if self.overlay_open():
            return
        panes = self._panes()
        now = QApplication.focusWidget()
        at = next((i for i, pane in enumerate(panes) if now is not None and pane.isAncestorOf(now)), None)
        if at is not None and now is not None:
            self._last_in_pane[panes[at]] = now
        for distance in range(1, len(panes) + 1):
            start = at if at is not None else (-1 if step > 0 else 0)
            if self._enter(panes[(start + step * distance) % len(panes)]):
                return

    def _panes(self) -> list[QWidget]:
        page = self._stack.currentWidget()
        own = page.panes() if page is not None and hasattr(page, "panes") else [page] if page else []
        return [pane for pane in (*own, self._bar) if pane.isVisible()]

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab in the order of ui.md §5: the panes as F6 goes, then what else is on the page, then the bar.

        Qt's own order is that of making, and rows that are shown anew would come last.
        """
        page = self._stack.currentWidget()
        *panes, bar = self._panes() or [self._bar]
        stops = [w for pane in (*panes, *([page] if page is not None else []), bar) for w in tab_stops(pane)]
        found = list(dict.fromkeys(stops))
        now = QApplication.focusWidget()
        if not found or self.overlay_open():
            return super().focusNextPrevChild(next)
        at = found.index(now) if now in found else (-1 if next else 0)
        reason = Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason
        found[(at + (1 if next else -1)) % len(found)].setFocus(reason)
        return True

    def _enter(self, pane: QWidget) -> bool:
        last = self._last_in_pane.get(pane)
        if last is not None and not sip.isdeleted(last) and last.isVisible() and last.isEnabled():
            last.setFocus()
            return True
        return focus_first(pane)

    def acts(self) -> list[tuple[str, str, Callable[[], object]]]:
        """Key, name and act of everything the window itself does, for the palette."""
        found: list[tuple[str, str, Callable[[], object]]] = [("", "设置", self.settings_requested.emit)]
        for shortcut in self.findChildren(QShortcut, options=Qt.FindChildOption.FindDirectChildrenOnly):
            key = shown_key(shortcut.key())
            if key not in _NO_ACTS:
                found.append((key, what_of(shortcut), shortcut.activated.emit))
        return found + self.more_acts

    def bindings(self) -> list[Binding]:
        """Every key bound in this window now, with the screen it belongs to."""
        pages = {page: self._titles[name] for name, page in self._pages.items()}

        def where(widget: QWidget) -> str:
            at: QWidget | None = widget
            while at is not None:
                if at in pages:
                    return pages[at]
                at = at.parentWidget()
            return ""

        return bound_keys(self, where)

    def current_page(self) -> str:
        current = self._stack.currentWidget()
        return next((name for name, page in self._pages.items() if page is current), "")

    def badge(self, name: str, count: int) -> None:
        """A number beside a page's title; 0 takes it away."""
        self._nav[name].set_count(count)

    def say(self, text: str) -> None:
        """A result in the status bar for eight seconds."""
        self.status.say(text)

    def remind(self, text: str) -> None:
        """A reminder over every page until it is put away; "" for none."""
        if text:
            self.notice.say(text)

    def update_status(self, status: ShellStatus) -> None:
        self.status.show_status(status)
        if "sync" in self._nav:
            self.badge("sync", status.waiting + status.attention)
        self.fit()

    def show_devices(self, words: str, whole: str) -> None:
        """What is wrong with which device, until it is mended; "" when all is well."""
        self.status.show_devices(words, whole)
        self.fit()

    def show_progress(self, told: str) -> None:
        """How far a round has come, in the place of the connection; "" when it is over."""
        self.status.show_progress(told)

    def status_text(self, cell: str) -> str:
        return self.status.cells[cell].text()

    def show_overlay(self, widget: QWidget, after: Callable[[], None] | None = None) -> None:
        """Lay a sheet over everything; Esc closes it and the focus goes back where it was.

        ``after`` is called when it is closed, unless another sheet takes its place.
        """
        self.overlays.show(widget, after)

    def close_overlay(self) -> None:
        self.overlays.close()

    def overlay_open(self) -> bool:
        return self.overlays.top is not None

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.overlays.fit()
        self.fit()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        kinds = (QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if event is not None and event.type() in kinds and hasattr(self, "_fit_soon"):
            self._find.setIcon(icon("search", "topsoft"))
            self._fit_soon.start(0)

    def fit(self) -> None:
        """Leave out what a narrow window or large type has no room for, the least needed first."""
        self._show_find(*FIND, FIND_WIDTH)
        for bar, optional in (
            (self._bar, (self._subtitle, self._place)),
            (self.status, self.status.optional()),
        ):
            layout = bar.layout()
            assert layout is not None
            for part in optional:
                part.show()
            for part in optional:
                layout.invalidate()
                layout.activate()  # what is nested in it keeps the sizes of the type before
                if layout.sizeHint().width() <= self.width():
                    break
                part.hide()
                if part is self._subtitle:
                    self._show_find(*FIND_SHORT, 0)

    def _show_find(self, text: str, caps: tuple[str, ...], least: int) -> None:
        self._find.setText(text)
        self._find.set_caps(caps)
        self._find.setMinimumWidth(least)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.overlays.drop()
        super().closeEvent(event)

    def _make_bar(self, place: str, clerk: str) -> QFrame:
        bar = QFrame()
        bar.setObjectName("topbar")
        self._bar = bar
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        logo = QLabel("泰")
        logo.setObjectName("logo")
        logo.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row.addWidget(logo, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(label("泰好办", "section"))
        self._subtitle = label("窗口综合受理工作站", "soft")
        row.addWidget(self._subtitle)
        row.addSpacing(8)
        self._bar_pages = QHBoxLayout()
        self._bar_pages.setSpacing(0)
        row.addLayout(self._bar_pages)
        row.addStretch(1)
        self._find = CapButton(*FIND, apart=True)
        self._find.setProperty("kind", "find")
        self._find.setIcon(icon("search", "topsoft"))
        self._find.setAccessibleName("搜索事项、办件、动作")
        self._find.clicked.connect(self.palette_requested)
        row.addWidget(self._find)
        row.addSpacing(4)
        self._place = ElidedLabel(place, "soft")
        row.addWidget(self._place)
        row.addWidget(label(clerk, "body"))
        for text, caps, name, signal in (
            ("设置", (), "设置", self.settings_requested),
            ("锁屏", ("Ctrl+L",), "锁屏", self.lock_requested),
        ):
            button = CapButton(text, caps)
            button.setProperty("kind", "lock")
            button.setAccessibleName(name)
            button.clicked.connect(signal)
            row.addWidget(button)
        return bar

    def _keys(self) -> None:
        for key, what, signal in (
            ("F1", "键位表和手册", self.help_requested),
            ("F2", "依据与指南", self.guide_requested),
            ("F3", "搜事项、办件、动作", self.palette_requested),
            ("Ctrl+K", "搜事项、办件、动作", self.palette_requested),
            ("F5", "立即同步，重试", self.sync_requested),
            ("F7", "转草稿，叫下一位", self.next_visitor_requested),
            ("F9", "读身份证", self.card_requested),
            ("F12", "高拍一页", self.camera_requested),
            ("Ctrl+L", "锁屏", self.lock_requested),
            ("Alt+H", "高对比度", self.theme_requested),
        ):
            bind(self, key, what, signal.emit)
        bind(self, "F6", "下一个区域", lambda: self.next_pane(1))
        bind(self, "Shift+F6", "上一个区域", lambda: self.next_pane(-1))
        bind(self, "F11", "全屏", self._full_screen)
        bind(self, "Alt+=", "字号大一档", lambda: self.scale_requested.emit(1))
        bind(self, "Alt+-", "字号小一档", lambda: self.scale_requested.emit(-1))

    def _full_screen(self) -> None:
        (self.showNormal if self.isFullScreen() else self.showFullScreen)()
