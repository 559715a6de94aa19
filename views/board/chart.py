"""Bars by hour (ui.md §11).  Imported only when the board is opened: pyqtgraph costs a third of a second."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QBrush, QResizeEvent

from app.queries.board import HourCount
from views.theme import colour


class HourChart(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Received beside accepted; the hour under way is hatched, hours to come are empty."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        # Made whether wanted or not, and nobody's: it has to go with the chart.
        self.getPlotItem().ctrlMenu.setParent(self, Qt.WindowType.Popup)
        self._hours: tuple[HourCount, ...] = ()
        self._corrected: tuple[int, ...] = ()
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._shown: list[object] = []

    def show_hours(self, hours: Sequence[HourCount], corrected: Sequence[int] = ()) -> None:
        """``corrected``: hours whose figures late data has changed since they were told."""
        self._hours, self._corrected = tuple(hours), tuple(corrected)
        self.setBackground(colour("surface"))
        for one in self._shown:
            self.removeItem(one)
        self._shown = []
        for name in ("left", "bottom"):
            axis = self.getAxis(name)
            axis.setPen(colour("line"))
            axis.setTextPen(colour("text2"))
        for offset, token, counted in (
            (-0.2, "chart3", [(h, h.received) for h in hours]),
            (0.2, "chart5", [(h, h.accepted) for h in hours]),
        ):
            past = [h for h, count in counted if count]
            if not past:  # pyqtgraph cannot paint a set of no bars
                continue
            value = [count for _, count in counted if count]
            brushes = [
                QBrush(colour(token), Qt.BrushStyle.BDiagPattern if h.running else Qt.BrushStyle.SolidPattern)
                for h in past
            ]
            bars = pg.BarGraphItem(
                x=[h.hour + offset for h in past],
                height=value,
                width=0.36,
                brushes=brushes,
                pens=[pg.mkPen(colour("text3")) for _ in past],
            )
            self._add(bars)
            for hour, count in zip(past, value, strict=True):
                text = pg.TextItem(str(count), color=colour("text"), anchor=(0.5, 1))
                text.setPos(hour.hour + offset, count)
                self._add(text)
        for late in (h for h in hours if h.hour in corrected):
            mark = pg.TextItem("更正", color=colour("amber"), anchor=(0.5, 1))
            mark.setPos(late.hour, max(late.received, late.accepted) * 1.12 + 0.4)  # above its numbers
            self._add(mark)
        self._tick_hours()
        most = max([4, *(max(h.received, h.accepted) for h in hours)])
        step = max(1, -(-most // 4))
        self.getAxis("left").setTicks([[(v, str(v)) for v in range(0, most + step + 1, step)]])
        room = 1.5 if corrected else 1.3  # for the numbers on top, and the mark above them
        self.setYRange(0, most * room, padding=0)
        if hours:
            self.setXRange(hours[0].hour - 0.6, hours[-1].hour + 0.6, padding=0)

    def _tick_hours(self) -> None:
        """Every hour is named where there is room, else every second or third."""
        hours = self._hours
        wide = self.fontMetrics().horizontalAdvance("10:00") + 12
        every = max(1, -(-wide * len(hours) // max(1, self.width() - 40)))
        shown = hours[:: int(every)]
        self.getAxis("bottom").setTicks([[(h.hour, f"{h.hour}:00") for h in shown]])

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_hours"):
            self._tick_hours()

    def changeEvent(self, event: QEvent | None) -> None:
        """Another theme: the same numbers in its colours."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_hours"):
            self.show_hours(self._hours, self._corrected)

    def _add(self, item: object) -> None:
        self.addItem(item)
        self._shown.append(item)
