"""How the cells of a table are painted: marked characters, two lines, icons, buttons and values to choose."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QBrush, QFont, QFontMetrics, QPainter, QPen

from views.theme import colour, pixmap
from views.widgets.caps import paint_cap

ICON_GAP = 6
CHOICE_MARGIN, CHOICE_PAD = 6, 8
ACT_MARGIN, ACT_PAD = 8, 10
SUB = 0.86  # a second line beside the first


class Cell(msgspec.Struct, frozen=True):
    """What one cell shows.  ``tag`` is a tag kind (green, amber …) or ""; ``sub`` a second line.

    ``icon`` stands before the text.  ``act`` ("primary" or "plain") paints the text as a button: a click on
    it is Enter on the row.  ``choice`` is the key of a value to choose from, ``chosen`` the one taken.
    ``wrap`` gives a long text a second line instead of cutting it.  A row whose first cell is a ``head``
    names the rows below it and is passed over by the cursor.  ``sign`` is a picture that stands for the text,
    ``bar`` a length in percent that does; ``hatched``: what it shows is not whole.
    """

    text: str
    sub: str = ""
    tag: str = ""
    bold: bool = False
    token: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    icon: str = ""
    sign: str = ""
    act: str = ""
    choice: str = ""
    chosen: bool = False
    wrap: bool = False
    head: bool = False
    bar: int = -1
    hatched: bool = False


def paint_spans(
    painter: QPainter, rect: QRect, text: str, spans: Sequence[tuple[int, int]] = (), token: str = "blue"
) -> None:
    """One line, elided, with the characters of ``spans`` bold and in another colour."""
    metrics = painter.fontMetrics()
    if len(text) * metrics.height() > rect.width():  # no character is wider than it is high: else it fits
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    if not spans:
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        return
    x, pen, at = rect.left(), painter.pen().color(), 0
    hits = [any(start <= place < end for start, end in spans) for place in range(len(text))]
    while at < len(text):  # as many characters at once as look alike
        end = next((place for place in range(at, len(text)) if hits[place] != hits[at]), len(text))
        font = painter.font()
        font.setBold(hits[at])
        painter.setFont(font)
        painter.setPen(colour(token) if hits[at] else pen)
        painter.drawText(
            QRect(x, rect.top(), rect.width(), rect.height()), Qt.AlignmentFlag.AlignVCenter, text[at:end]
        )
        x += painter.fontMetrics().horizontalAdvance(text[at:end])
        at = end


def two_lines(text: str, metrics: QFontMetrics, width: int) -> tuple[str, ...]:
    """``text`` on one line where it fits, else broken once; only the second line is elided."""
    if metrics.horizontalAdvance(text) <= width:
        return (text,)
    end = len(text)
    while end > 1 and metrics.horizontalAdvance(text[:end]) > width:
        end -= 1
    while end > 1 and text[end : end + 1] in "，。；：、！？）”":  # no line begins with one of these
        end -= 1
    return (text[:end], metrics.elidedText(text[end:].lstrip(), Qt.TextElideMode.ElideRight, width))


def paint_lines(painter: QPainter, rect: QRect, text: str) -> None:
    lines = two_lines(text, painter.fontMetrics(), rect.width())
    tall = painter.fontMetrics().height()
    top = rect.center().y() - tall * len(lines) // 2
    for at, line in enumerate(lines):
        box = QRect(rect.left(), top + at * tall, rect.width(), tall)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, line)


def paint_icon(painter: QPainter, rect: QRect, name: str, token: str) -> int:
    """Draw at the left edge; the room it takes."""
    side = painter.fontMetrics().height() * 4 // 5
    painter.drawPixmap(rect.left(), rect.center().y() - side // 2, pixmap(name, token, side))
    return side + ICON_GAP


def paint_head(painter: QPainter, rect: QRect, font: QFont, cell: Cell) -> None:
    """The name of a group, with what is to be said of it at the right."""
    painter.fillRect(rect, colour("surface2"))
    painter.setPen(colour("line2"))
    painter.drawLine(rect.bottomLeft(), rect.bottomRight())
    font.setPointSizeF(font.pointSizeF() * 0.92)
    inner = rect.adjusted(10, 0, -12, 0)
    for text, bold, side in (
        (cell.text, True, Qt.AlignmentFlag.AlignLeft),
        (cell.sub, False, Qt.AlignmentFlag.AlignRight),
    ):
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(colour("text2" if bold else "text3"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | side, text)


def paint_bar(painter: QPainter, rect: QRect, percent: int, *, hatched: bool) -> None:
    """A bar from the left edge of its place; hatched where its figures end before now."""
    place = rect.adjusted(10, 0, -10, 0)
    height = min(12, place.height() - 12)
    box = QRect(place.left(), place.center().y() - height // 2, place.width(), height)
    painter.fillRect(box, colour("chart1"))
    box.setWidth(max(0, box.width() * min(percent, 100) // 100))
    if box.width():
        style = Qt.BrushStyle.BDiagPattern if hatched else Qt.BrushStyle.SolidPattern
        painter.fillRect(box, QBrush(colour("text3" if hatched else "chart5"), style))
        painter.setPen(colour("text3" if hatched else "chart5"))
        painter.drawRect(box.adjusted(0, 0, -1, -1))


def paint_act(painter: QPainter, rect: QRect, font: QFont, cell: Cell) -> None:
    font.setBold(cell.act == "primary")
    painter.setFont(font)
    metrics = painter.fontMetrics()
    width = min(rect.width() - 2 * ACT_MARGIN, metrics.horizontalAdvance(cell.text) + 2 * ACT_PAD)
    height = metrics.height() + 8
    box = QRectF(
        rect.right() - ACT_MARGIN - width + 0.5, rect.center().y() - height // 2 + 0.5, width - 1, height - 1
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(colour("blue" if cell.act == "primary" else "ctl"))
    painter.setBrush(colour("blue" if cell.act == "primary" else "surface"))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(colour("onblue" if cell.act == "primary" else "text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cell.text)


def paint_choice(painter: QPainter, rect: QRect, font: QFont, cell: Cell) -> None:
    """A box with its key, the value and who wrote it when; the chosen one as a chosen option (ui.md §4)."""
    box = QRectF(rect.adjusted(CHOICE_MARGIN, 5, -CHOICE_MARGIN, -6))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour("blue" if cell.chosen else "ctl"), 2 if cell.chosen else 1))
    painter.setBrush(colour("blueweak" if cell.chosen else "surface"))
    inset = 1.0 if cell.chosen else 0.5
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), 4, 4)
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * SUB)
    painter.setFont(small)
    inner = box.toRect().adjusted(CHOICE_PAD, 3, -CHOICE_PAD, -3)
    painter.translate(0, inner.top())
    left = inner.left() + paint_cap(painter, inner.left(), inner.height(), cell.choice) + 8
    painter.translate(0, -inner.top())
    room = QRect(left, inner.top(), inner.right() - left, inner.height())
    half = room.height() * 11 // 20 if cell.sub else room.height()
    font.setBold(cell.chosen)
    painter.setFont(font)
    painter.setPen(colour("text"))
    paint_spans(painter, QRect(room.left(), room.top(), room.width(), half), cell.text, cell.spans)
    if cell.sub:
        painter.setFont(small)
        painter.setPen(colour("text2"))
        paint_spans(
            painter, QRect(room.left(), room.top() + half, room.width(), room.height() - half), cell.sub
        )
    painter.restore()
