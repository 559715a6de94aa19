"""Buttons that show their keys as key caps (ui.md §4): the text stays the button's own, the caps are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter, QWidget

from views.theme import colour

GAP, PAD = 6, 4
# Text, border and fill of a cap by the kind of its button; "" fills nothing.
_LOOKS = {
    "primary": ("onblue", "onblue", ""),
    "gated": ("text3", "ctl", ""),
    "find": ("topsoft", "findline", ""),
    "lock": ("topon", "findline", ""),
}
_PLAIN = ("text2", "ctl", "surface")


class CapButton(QPushButton):
    """Caps stand before the text with ``lead``, at the right edge with ``apart``, else right after it."""

    def __init__(
        self,
        text: str = "",
        caps: Sequence[str] = (),
        *,
        lead: bool = False,
        apart: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._small: tuple[QFont, QFont, QFontMetrics] | None = None  # its own font, that of the caps
        self._caps, self._lead, self._apart = tuple(caps), lead, apart

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Enter is the same as Space, which Qt has in dialogs only; held down it is one press."""
        enter = event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event is None or not enter or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.click()

    def caps(self) -> tuple[str, ...]:
        return self._caps

    def set_caps(self, caps: Sequence[str]) -> None:
        if tuple(caps) != self._caps:
            self._caps = tuple(caps)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        whole = super().sizeHint()
        return QSize(whole.width() + self._room() + self._bolder(), whole.height())

    def _bolder(self) -> int:
        """Pixels that the text grows by when it is chosen and so bold."""
        if not self.isCheckable():
            return 0
        bold = QFont(self.font())
        bold.setBold(True)
        wide = QFontMetrics(bold).horizontalAdvance(self.text())
        return max(0, wide - self.fontMetrics().horizontalAdvance(self.text()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        extras = self._room()
        if not extras:
            super().paintEvent(event)
            return
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        style = self.style()
        assert style is not None
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        inner = style.subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self)
        text = inner.width() - extras
        if not self._apart and not self._leftward():
            # Text and caps are centred as one.
            words = self._words()
            text = min(words, text)
            inner = QRect(inner.left() + (inner.width() - text - extras) // 2, inner.top(), text + extras, 0)
            inner.setHeight(self.height() - 2 * inner.top())
        at = inner.left() if self._lead else inner.right() + 1 - extras + GAP
        if not self._lead and self._leftward() and not self._apart:
            at = min(at, inner.left() + self._words() + GAP)
        option.rect = QRect(inner.left() + (extras if self._lead else 0), inner.top(), text, inner.height())
        painter.drawControl(QStyle.ControlElement.CE_PushButtonLabel, option)
        self._paint_extras(painter, at)

    def _words(self) -> int:
        return self.fontMetrics().horizontalAdvance(self.text()) + 4

    def _leftward(self) -> bool:
        return self.property("kind") in ("option", "find", "row")

    def _cap_font(self) -> tuple[QFont, QFontMetrics]:
        """Kept: a font made anew is looked up anew by each word that is measured or drawn in it."""
        own = self.font()
        if self._small is None or self._small[0] != own:
            font = QFont(own)
            font.setBold(False)
            font.setPointSizeF(font.pointSizeF() * 9 / 10.5)
            self._small = own, font, QFontMetrics(font)
        return self._small[1], self._small[2]

    def _room(self) -> int:
        """Pixels that the caps and the gap before (or after) the text take."""
        if not self._caps:
            return 0
        _, metrics = self._cap_font()
        return sum(_width(cap, metrics) for cap in self._caps) + GAP + 3 * (len(self._caps) - 1)

    def _paint_extras(self, painter: QPainter, x: int) -> None:
        painter.setFont(self._cap_font()[0])
        for cap in self._caps:
            x += paint_cap(painter, x, self.height(), cap, str(self.property("kind") or "")) + 3


def paint_cap(painter: QPainter, x: int, height: int, cap: str, kind: str = "") -> int:
    """Draw one cap at ``x``, in the middle of ``height``, in the painter's font; its width."""
    metrics = painter.fontMetrics()
    word, line, fill = _LOOKS.get(kind, _PLAIN)
    tall = min(metrics.height() + 1, height - 4)
    box = QRectF(x + 0.5, (height - tall) // 2 + 0.5, _width(cap, metrics) - 1, tall - 1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(colour(line))
    painter.setBrush(colour(fill) if fill else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(colour(word))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cap)
    painter.restore()
    return _width(cap, metrics)


def _width(cap: str, metrics: QFontMetrics) -> int:
    return max(metrics.horizontalAdvance(cap) + 2 * PAD, metrics.height())


class NavButton(CapButton):
    """A page in the app bar: its title, its letter, and how many things wait there."""

    def __init__(self, title: str, letter: str) -> None:
        super().__init__(title)
        self._letter, self._count = letter, 0
        self.setProperty("kind", "nav")
        self.setCheckable(True)
        self.set_count(0)

    def set_count(self, count: int) -> None:
        self._count = count
        self.setAccessibleName(f"{self.text()}，{count} 项" if count else self.text())
        self.updateGeometry()
        self.update()

    def count(self) -> int:
        return self._count

    def _room(self) -> int:
        _, metrics = self._cap_font()
        return (
            metrics.horizontalAdvance(self._letter)
            + GAP
            + (_width(self._told(), metrics) + GAP if self._count else 0)
        )

    def _told(self) -> str:
        return str(self._count) if self._count < 100 else "99+"

    def _paint_extras(self, painter: QPainter, x: int) -> None:
        small, metrics = self._cap_font()
        painter.setFont(small)
        painter.setPen(colour("topsoft"))
        width = metrics.horizontalAdvance(self._letter)
        room = QRect(x, 0, width + 1, self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self._letter)
        if not self._count:
            return
        tall = metrics.height() - 1
        wide = _width(self._told(), metrics)
        pill = QRectF(x + width + GAP, (self.height() - tall) / 2, wide, tall)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("topon"))
        painter.drawRoundedRect(pill, tall / 2, tall / 2)
        bold = QFont(small)
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(colour("topbar"))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, self._told())
