"""Where Tab stops, and sheets that Tab does not leave."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFrame,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

FIELDS = (QLineEdit, QPlainTextEdit, QComboBox, QAbstractSpinBox)


class Overlay(QFrame):
    """Tab goes round inside the sheet; what lies under it is not reached."""

    def focusNextPrevChild(self, next: bool) -> bool:
        return go_round(self, forward=next)


def go_round(sheet: QWidget, *, forward: bool) -> bool:
    """Move the focus to the next stop inside ``sheet``, from the last to the first."""
    found = tab_stops(sheet)
    if not found:
        return True
    now = QApplication.focusWidget()
    at = found.index(now) if now in found else (-1 if forward else 0)
    found[(at + (1 if forward else -1)) % len(found)].setFocus(Qt.FocusReason.TabFocusReason)
    return True


def tab_stops(root: QWidget) -> list[QWidget]:
    """What Tab stops at below ``root``, and ``root`` itself if it takes the focus."""
    return [
        w
        for w in (root, *root.findChildren(QWidget))
        if w.isVisible()  # the cheapest question first: most are on another page
        and w.isEnabled()
        and w.focusPolicy() & Qt.FocusPolicy.TabFocus
        and w.focusProxy() is None
    ]


class FieldLeaver(QObject):
    """Esc that no sheet and no form has taken leaves the field it was pressed in; what is typed stays (ui.md §5)."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.key() == Qt.Key.Key_Escape and not event.modifiers():  # type: ignore[union-attr]
            leave_field(self._window)
        return False


def leave_field(root: QWidget) -> None:
    """To the nearest stop before the field, else after it, that is no field: where the keys of the list count."""
    now = QApplication.focusWidget()
    found = tab_stops(root)
    if not isinstance(now, FIELDS) or now not in found:
        return
    at = found.index(now)
    for place in [*range(at - 1, -1, -1), *range(at + 1, len(found))]:
        if not isinstance(found[place], FIELDS):
            found[place].setFocus(Qt.FocusReason.OtherFocusReason)
            return


def focus_first(pane: QWidget) -> bool:
    """Give the focus to the first widget of a pane that takes it by Tab; False if there is none."""
    for child in (pane, *pane.findChildren(QWidget)):
        if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible() and child.isEnabled():
            child.setFocus(Qt.FocusReason.TabFocusReason)
            return True
    return False


def let_go(pane: QWidget, stays: QWidget) -> None:
    """Before parts of ``pane`` are folded: no focus in them, else Qt looks through the whole window for the
    next stop as it hides the one that has it.  What has it in ``stays`` keeps it.  :func:`take_up` follows."""
    window = pane.window()
    now = window.focusWidget() if window is not None else None
    if now is not None and pane.isAncestorOf(now) and not stays.isAncestorOf(now):
        now.clearFocus()


def take_up(pane: QWidget) -> None:
    """Somewhere in the window must have the focus: the next stop, where nothing has it."""
    window = pane.window()
    if window is not None and window.focusWidget() is None:
        pane.focusNextPrevChild(True)
