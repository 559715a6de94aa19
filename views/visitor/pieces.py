"""Large pieces of the second screen.  Nothing on it takes the keyboard: it answers to a finger or a mouse only."""

from __future__ import annotations

import io

import segno
from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPixmap
from PyQt6.QtWidgets import QLabel, QPushButton, QSizePolicy

from views.widgets import label


def big(text: str = "", role: str = "visitor", *, wrap: bool = True) -> QLabel:
    made = label(text, role, wrap=wrap)
    made.setMinimumWidth(0)
    return made


class TouchButton(QPushButton):
    """At least 60 px high; the text may take two lines."""

    def __init__(self, text: str, kind: str = "visitor", *, checkable: bool = False) -> None:
        super().__init__(text)
        self.setProperty("kind", kind)
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(text.replace("\n", " "))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """No key presses it, however the key came here."""
        if event is not None:
            event.ignore()


class Code(QLabel):
    """A QR code, dark on white in both themes, for that is what a phone reads."""

    def __init__(self, side: int = 176) -> None:
        super().__init__()
        self._side = side
        self.setFixedSize(QSize(side, side))

    def show_code(self, payload: str, name: str) -> None:
        self.setVisible(bool(payload))
        self.setAccessibleName(name)
        if not payload:
            self.clear()
            return
        data = io.BytesIO()
        segno.make(payload, error="m").save(data, kind="png", scale=6, border=2)
        picture = QPixmap()
        picture.loadFromData(data.getvalue())
        self._picture = picture
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.drawPixmap(self.rect(), self._picture)
        painter.end()
