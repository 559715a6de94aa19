"""Where Tab stops, and sheets that Tab does not leave."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QFrame, QWidget


class Overlay(QFrame):
    """Tab goes round inside the sheet; what lies under it is not reached."""

    def focusNextPrevChild(self, next: bool) -> bool:
        found = tab_stops(self)
        if not found:
            return True
        now = QApplication.focusWidget()
        at = found.index(now) if now in found else (-1 if next else 0)
        found[(at + (1 if next else -1)) % len(found)].setFocus(Qt.FocusReason.TabFocusReason)
        return True


def tab_stops(root: QWidget) -> list[QWidget]:
    """What Tab stops at below ``root``, and ``root`` itself if it takes the focus."""
    return [
        w
        for w in (root, *root.findChildren(QWidget))
        if w.focusPolicy() & Qt.FocusPolicy.TabFocus
        and w.isVisible()
        and w.isEnabled()
        and w.focusProxy() is None
    ]


def focus_first(pane: QWidget) -> bool:
    """Give the focus to the first widget of a pane that takes it by Tab; False if there is none."""
    for child in (pane, *pane.findChildren(QWidget)):
        if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible() and child.isEnabled():
            child.setFocus(Qt.FocusReason.TabFocusReason)
            return True
    return False
