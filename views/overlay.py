"""A sheet over the window: one at a time, closed by Esc, with the keys beneath it at rest."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QShortcut
from PyQt6.QtWidgets import QApplication, QDialog, QVBoxLayout, QWidget

from views.focus import Overlay
from views.widgets.keys import bind

MARGIN = 88  # of the window's height: the bar above and the status below


def close_dialogs() -> None:
    """Before the lock: a system's dialog would lie over it with what it shows, and keep the password out."""
    for window in QApplication.topLevelWidgets():
        if isinstance(window, QDialog) and window.isVisible():
            window.reject()


class Overlays:
    """``top`` is what lies over ``window`` now; the shortcuts of ``beneath`` are off meanwhile."""

    def __init__(self, window: QWidget, beneath: QWidget) -> None:
        self._window, self._beneath = window, beneath
        self.top: Overlay | None = None
        self._sheet: QWidget | None = None
        self._height = 0
        self._before: QWidget | None = None
        self._after: Callable[[], None] | None = None

    def show(self, sheet: QWidget, after: Callable[[], None] | None) -> None:
        """Take the place of whatever lies there; its ``after`` is then not called."""
        self.drop()
        self._after = after
        self._before = QApplication.focusWidget()
        self._hush(True)
        overlay = Overlay(self._window)
        overlay.setObjectName("overlay")
        box = QVBoxLayout(overlay)
        box.setContentsMargins(0, 44, 0, 40)
        box.addWidget(sheet, 0, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        bind(overlay, "Esc", "关闭浮层，不丢内容", self.close)
        self.top, self._sheet, self._height = overlay, sheet, sheet.minimumHeight()
        self.fit()
        overlay.show()
        overlay.raise_()
        sheet.setFocus()

    def close(self) -> None:
        if self.top is None:
            return
        self._hush(False)
        self.top.hide()
        self.top.deleteLater()
        self.top = self._sheet = None
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
        if self.top is not None:
            self.top.setGeometry(self._window.rect())
        if self._sheet is not None and self._height > 0:
            self._sheet.setFixedHeight(min(self._height, self._window.height() - MARGIN))

    def _hush(self, quiet: bool) -> None:
        """While a sheet lies over them, the keys of the pages do nothing; the window's own still do."""
        for shortcut in self._beneath.findChildren(QShortcut):
            shortcut.setEnabled(not quiet)
