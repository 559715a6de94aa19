"""A sheet over the window: one at a time, closed by Esc, with the keys beneath it at rest."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6 import sip
from PyQt6.QtCore import QRect, Qt, QTimer
from PyQt6.QtGui import QHideEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QDialog, QFrame, QVBoxLayout, QWidget

from views.focus import Overlay, go_round
from views.theme import colour
from views.widgets.keys import bind, shortcuts_below

CORNER = 4  # of a round edge, above and below what is opaque
MARGIN = 88  # of the window's height: the bar above and the status below


def close_dialogs() -> None:
    """Before the lock: a system's dialog would lie over it with what it shows, and keep the password out."""
    for window in QApplication.topLevelWidgets():
        if isinstance(window, QDialog) and window.isVisible():
            window.reject()


class Ground(QWidget):
    """Holds a sheet that is kept and shown again, opaque: what lies beneath is not painted anew with it.

    The tint and the round edge lie around it, in a layer of their own: Qt leaves out only what is covered
    by an opaque widget of the same parent.  They come in the turn after the sheet has been painted, as they
    make the whole window be painted anew: what was asked for is there, and takes keys, in half of the time.
    """

    def __init__(self, window: QWidget, sheet: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._sheet, self._wanted = sheet, sheet.minimumHeight() + 2 * CORNER
        self._shade = QFrame(window)
        self._shade.setObjectName("shade")
        self._edge = QFrame(self._shade)
        self._edge.setObjectName("sheet")
        self._shade.hide()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._tint)
        self.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(sheet)

    def fit(self, room: QRect) -> None:
        width, height = self._sheet.width() + 2, min(self._wanted, room.height() - MARGIN)
        edge = QRect((room.width() - width) // 2, 44, width, height)
        self._shade.setGeometry(room)
        self._edge.setGeometry(edge)
        self._sheet.setFixedHeight(height - 2 * CORNER)
        self.setGeometry(edge.adjusted(1, CORNER, -1, -CORNER))

    def hideEvent(self, event: QHideEvent | None) -> None:
        self._shade.hide()
        super().hideEvent(event)

    def _tint(self) -> None:
        if self.isVisible() and self._shade.isHidden():
            self._shade.show()
            self._shade.stackUnder(self)

    def drop(self) -> None:
        """Delete it with its sheet."""
        self._shade.deleteLater()
        self.deleteLater()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if event is not None:
            painter = QPainter(self)
            painter.fillRect(event.rect(), colour("surface"))
        if self._shade.isHidden():
            self._later.start()

    def focusNextPrevChild(self, next: bool) -> bool:
        return go_round(self, forward=next)


class Overlays:
    """``top`` is what lies over ``window`` now; the shortcuts of ``beneath`` are off meanwhile."""

    def __init__(self, window: QWidget, beneath: QWidget) -> None:
        self._window, self._beneath = window, beneath
        self.top: Overlay | Ground | None = None
        self._sheet: QWidget | None = None
        self._height = 0
        self._before: QWidget | None = None
        self._after: Callable[[], None] | None = None
        self._away: Callable[[], None] | None = None

    def show(self, sheet: QWidget, after: Callable[[], None] | None) -> None:
        """Take the place of whatever lies there; its ``after`` is then not called."""
        overlay = Overlay(self._window)
        overlay.setObjectName("overlay")
        box = QVBoxLayout(overlay)
        box.setContentsMargins(0, 44, 0, 40)
        box.addWidget(sheet, 0, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        bind(overlay, "Esc", "关闭浮层，不丢内容", self.close)
        self._show(overlay, sheet, sheet.minimumHeight(), after)

    def lay(self, sheet: QWidget) -> Ground:
        """What holds a sheet that is kept: hidden, dressed and ready for :meth:`show_again`."""
        ground = Ground(self._window, sheet)
        bind(ground, "Esc", "关闭浮层，不丢内容", self.close)
        for part in (ground, *ground.findChildren(QWidget)):
            part.ensurePolished()
        return ground

    def show_again(self, ground: Ground, sheet: QWidget, away: Callable[[], None]) -> None:
        """Show a sheet that is kept; ``away`` empties it, each time it has been closed."""
        self._show(ground, sheet, 0, None)
        self._away = away

    def _show(
        self, overlay: Overlay | Ground, sheet: QWidget, height: int, after: Callable[[], None] | None
    ) -> None:
        self.drop()
        self._after = after
        self._before = QApplication.focusWidget()
        self._hush(True)
        self.top, self._sheet, self._height = overlay, sheet, height
        self.fit()
        overlay.show()
        overlay.raise_()
        sheet.setFocus()

    def close(self) -> None:
        if self.top is None:
            return
        self._hush(False)
        top, self.top, self._sheet = self.top, None, None
        away, self._away = self._away, None
        top.hide()
        if away is not None:
            away()
        else:
            top.deleteLater()
        before, self._before = self._before, None
        # A list may have been shown anew meanwhile.
        if before is not None and not sip.isdeleted(before) and before.isVisible():
            before.setFocus()
        after, self._after = self._after, None
        if after is not None:
            after()

    def drop(self) -> None:
        """Close it, and nothing follows."""
        self._after = None
        self.close()

    def fit(self) -> None:
        """A sheet of a fixed height gives way in a low window; its foot is never cut off."""
        if isinstance(self.top, Ground):
            self.top.fit(self._window.rect())
            return
        if self.top is not None:
            self.top.setGeometry(self._window.rect())
        if self._sheet is not None and self._height > 0:
            self._sheet.setFixedHeight(min(self._height, self._window.height() - MARGIN))

    def _hush(self, quiet: bool) -> None:
        """While a sheet lies over them, the keys of the pages do nothing; the window's own still do."""
        for shortcut in shortcuts_below(self._beneath):
            shortcut.setEnabled(not quiet)
