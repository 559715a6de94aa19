"""What a narrow window leaves beside the case: rail and reasons by the width and the type size (ui.md §3)."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QWidget

from views.theme import scaled
from views.workbench.rail import Rail
from views.workbench.why import WhyPanel

NARROW, WIDE = 1280, 1366
WHY, WHY_LARGE = 320, 332  # the largest type needs more for a heading and its count


def is_narrow(width: int) -> bool:
    """Whether only icons and a drawer have room; larger type needs the whole 1366."""
    return width < (WIDE if scaled(100) > 100 else NARROW)


class Room(QObject):
    """Fits both parts whenever the page has another width or the type another size."""

    def __init__(self, page: QWidget, rail: Rail, why: WhyPanel) -> None:
        super().__init__(page)
        self._page, self._rail, self._why = page, rail, why
        self.narrow = False
        page.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        kinds = (QEvent.Type.Resize, QEvent.Type.StyleChange, QEvent.Type.FontChange)
        if event is not None and event.type() in kinds:
            self.fit()
        return False

    def fit(self) -> None:
        width = self._page.width()
        narrow = is_narrow(width)
        if narrow != self.narrow:
            self.narrow = narrow
            self._why.setVisible(not narrow)
        self._rail.fit(width, narrow=narrow)
        wide = WHY if scaled(100) < 130 else WHY_LARGE
        self._why.setFixedWidth(wide if width >= WIDE or narrow else 288)
