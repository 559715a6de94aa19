"""A picture beside words, in a colour of the theme."""

from __future__ import annotations

from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QLabel

from views.theme import colour, pixmap, scaled


class Sign(QLabel):
    """Drawn anew in another theme or type size; whoever shows it need not know of either."""

    def __init__(self, px: int) -> None:
        """``px`` is its side at 100 % type."""
        super().__init__()
        self._px = px
        self._shown = ("", "")
        self._drawn: tuple[str, str, int] = ("", "", 0)

    def show_sign(self, name: str, token: str) -> None:
        """An icon in a token's colour; "" for none."""
        self._shown = (name, token)
        self._draw()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self._draw()

    def _draw(self) -> None:
        name, token = self._shown
        if not name:
            if self._drawn[0]:
                self.clear()
            self._drawn = ("", "", 0)
            return
        wanted = (name, colour(token).name(), scaled(self._px))
        if wanted != self._drawn:
            self._drawn = wanted
            self.setPixmap(pixmap(name, token, wanted[2]))
