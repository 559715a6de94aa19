"""A line that ends in “…” where there is no room, and is whole in its tooltip."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QSize
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy

from views.widgets.early import set_plain


class ElidedLabel(QLabel):
    """As wide as its text where there is room, narrower where there is not; ``whole`` is all of it."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        set_plain(self)
        self._sized = False
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._whole = ""
        self.setText(text)

    def whole(self) -> str:
        return self._whole

    def setText(self, text: str | None) -> None:
        self._whole = text or ""
        self.setAccessibleName(self._whole)
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        least = min(self.fontMetrics().horizontalAdvance("中…"), self.sizeHint().width())
        return QSize(least, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._sized = True
        self._fit()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        # Before it has a size of its own there is nothing to fit.
        if (
            self._sized
            and event is not None
            and event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange)
        ):
            self.updateGeometry()
            self._fit()

    def _fit(self) -> None:
        room = self.width() if self._sized else 10_000
        shown = fitting(self._whole, room, self.fontMetrics().horizontalAdvance)
        super().setText(shown)
        self.setToolTip("" if shown == self._whole else self._whole)


def fitting(text: str, room: int, width: Callable[[str], int]) -> str:
    """The text, or as much of its beginning as fits into ``room`` pixels with “…” behind it.

    What QFontMetrics.elidedText does, but its mode is an enum of Qt (see :mod:`views.widgets.early`).
    """
    if width(text) <= room:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if width(text[:middle] + "…") <= room:
            fits = middle
        else:
            too_long = middle
    return text[:fits].rstrip() + "…"
