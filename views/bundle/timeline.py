"""The members side by side on workdays, painted: bars from start to end, the slowest chain dark."""

from __future__ import annotations

import datetime as dt

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from models.domain.bundle import Span
from models.domain.bundle_plan import SetPlan
from models.domain.deadlines import day_cells
from models.domain.workdays import Calendar, weekday_name
from views.bundle.sheet import circled
from views.theme import colour

LEFT, RIGHT, HEAD = 322, 138, 40


class TimelineView(QWidget):
    """Read only.  Its accessible name says what the picture shows."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._plan: SetPlan | None = None
        self._days: list[dt.date] = []
        self._holidays: dict[int, str] = {}

    def show_plan(self, plan: SetPlan, today: dt.date, calendar: Calendar) -> None:
        self._plan = plan
        self._days, self._holidays = [today], {}
        if plan.timeline.critical:
            off: list[str] = []
            for cell in day_cells(today, plan.timeline.critical, calendar, 100_000)[1:]:
                if cell.kind == "off":
                    off += [why] if (why := calendar.why_off(cell.day)) != "周末" else []
                    continue
                if off:
                    self._holidays[len(self._days)] = f"{off[0]}放假，不计"
                off = []
                self._days.append(cell.day)
        lines = [
            f"{circled(s.place)} {self._name(s)} {self._limit(s)}，{self._when(s)}"
            for s in plan.timeline.spans
        ]
        self.setAccessibleName("并联时间线：" + "；".join(lines))
        self.update()

    def day(self, workday: int) -> dt.date:
        return self._days[min(workday, len(self._days) - 1)]

    def _name(self, span: Span) -> str:
        plan = self._plan
        return (
            next((m.member.item.name for m in plan.members if m.member.item.id == span.item), "")
            if plan
            else ""
        )

    def _limit(self, span: Span) -> str:
        if span.days is None:
            return "时限待核"
        return "当场办结" if span.days == 0 else f"承诺 {span.days}"

    def _when(self, span: Span) -> str:
        plan = self._plan
        member = next((m for m in plan.members if m.member.item.id == span.item), None) if plan else None
        if plan is None or member is None:
            return ""
        places = {m.member.item.id: m.member.place for m in plan.members}
        if member.elsewhere:
            return member.elsewhere
        end = f"{self.day(span.end):%m-%d}"
        last = f"{end} 全部办结" if span.critical and span.end == plan.timeline.critical else end
        if member.waits_for:
            last += f"　等 {''.join(circled(places[w]) for w in member.waits_for)}"
        joint = sum(s.joint_visit for s in plan.timeline.spans) > 1
        return f"{last}　一并勘验" if span.joint_visit and joint else last

    def paintEvent(self, event: QPaintEvent | None) -> None:
        plan = self._plan
        if plan is None or not plan.timeline.spans:
            return
        painter = QPainter(self)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.88)
        painter.setFont(font)
        count = max(plan.timeline.critical, 1)
        slot = (self.width() - LEFT - RIGHT) / (count + 1)
        row = min(26.0, (self.height() - HEAD - 4) / len(plan.timeline.spans))
        self._heads(painter, slot, count)
        for number, span in enumerate(plan.timeline.spans):
            self._row(painter, span, HEAD + number * row, row, slot)
        painter.end()

    def _heads(self, painter: QPainter, slot: float, count: int) -> None:
        step = max(1, int(-(-54 // slot)))
        for n, day in enumerate(self._days):
            x = LEFT + n * slot
            painter.setPen(colour("line2"))
            painter.drawLine(int(x), HEAD - 4, int(x), self.height())
            if n in self._holidays:
                painter.setPen(QPen(colour("ctl"), 1, Qt.PenStyle.DashLine))
                painter.drawLine(int(x), HEAD - 4, int(x), self.height())
            if n % step and n != count:
                continue
            top = "收件" if n == 0 else str(n)
            box = QRectF(x - 30, 2, slot + 60, 17)
            painter.setPen(colour("text"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, top)
            painter.setPen(colour("text2"))
            text = f"{day:%m-%d} {weekday_name(day)[1]}"
            painter.drawText(box.translated(0, 17), Qt.AlignmentFlag.AlignCenter, text)

    def _row(self, painter: QPainter, span: Span, y: float, height: float, slot: float) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        name = painter.fontMetrics().elidedText(
            f"{circled(span.place)} {self._name(span)}", Qt.TextElideMode.ElideRight, LEFT - 100
        )
        painter.setPen(colour("text"))
        painter.drawText(QRectF(12, y, LEFT - 96, height), middle, name)
        painter.setPen(colour("text2"))
        painter.drawText(
            QRectF(LEFT - 92, y, 80, height), middle | Qt.AlignmentFlag.AlignRight, self._limit(span)
        )
        start = LEFT + (span.start + 1) * slot
        width = max((span.end - span.start) * slot, 10.0)
        bar = QRect(int(start), int(y + height * 0.2), int(width), max(int(height * 0.58), 6))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("blue" if span.critical else "blueline"))
        if span.days is None:
            painter.setPen(QPen(colour("ctl"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(bar, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        told = self._when(span)
        last = self._plan is not None and span.critical and span.end == self._plan.timeline.critical
        painter.setPen(colour("blue" if last else "text2"))
        room = painter.fontMetrics().horizontalAdvance(told) + 10
        if bar.right() + room > self.width() and bar.width() > room:
            painter.setPen(colour("onblue" if span.critical else "text"))
            painter.drawText(QRectF(bar.right() - room, y, room - 4, height), middle, told)
        else:
            painter.drawText(QRectF(bar.right() + 8, y, room, height), middle, told)
