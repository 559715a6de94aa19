"""The members side by side on workdays, painted: bars from start to end, the slowest chain dark."""

from __future__ import annotations

import datetime as dt

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from models.domain.bundle import Span
from models.domain.bundle_plan import SetPlan
from models.domain.deadlines import day_cells
from models.domain.workdays import Calendar, weekday_name
from views.bundle.sheet import circled
from views.theme import colour, scaled
from views.widgets import Card, KeyButton, Rule, label
from views.widgets.elided import ElidedLabel

LEFT, RIGHT, HEAD = 322, 138, 40  # at 100 % type
SATURDAY = 5


class TimelineView(QWidget):
    """Read only.  Its accessible name says what the picture shows."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._plan: SetPlan | None = None
        self._days: list[dt.date] = []
        self._holidays: dict[int, str] = {}
        self._left, self._head = LEFT, HEAD

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
                    self._holidays[len(self._days)] = f"{off[0]} {len(off)} 天，不计"
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
        metrics = painter.fontMetrics()
        self._left, self._head = scaled(LEFT), 2 * metrics.lineSpacing() + 6
        told = max(metrics.horizontalAdvance(self._when(span)) for span in plan.timeline.spans) + 20
        slot = (self.width() - self._left - max(scaled(RIGHT), told)) / (count + 1)
        row = min(scaled(26), (self.height() - self._head - 4) / len(plan.timeline.spans))
        self._heads(painter, slot, count)
        for number, span in enumerate(plan.timeline.spans):
            self._row(painter, span, self._head + number * row, row, slot)
        self._off(painter, slot)
        painter.end()

    def _heads(self, painter: QPainter, slot: float, count: int) -> None:
        line = painter.fontMetrics().lineSpacing()
        step = max(1, int(-(-painter.fontMetrics().horizontalAdvance("10-10 六·班 ") // slot)))
        for n, day in enumerate(self._days):
            x = self._left + n * slot
            painter.setPen(colour("line2"))
            painter.drawLine(int(x), self._head - 4, int(x), self.height())
            if n != count and (n % step or count - n < step):  # the last has its place
                continue
            top = "收件" if n == 0 else str(n)
            box = QRectF(x - 60, 1, slot + 120, line)
            painter.setPen(colour("text"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, top)
            painter.setPen(colour("text2"))
            worked = (
                "·班" if n and day.weekday() >= SATURDAY else ""
            )  # 调休: worked by a notice of the State Council
            text = f"{day:%m-%d} {weekday_name(day)[1]}{worked}"
            painter.drawText(box.translated(0, line), Qt.AlignmentFlag.AlignCenter, text)

    def _off(self, painter: QPainter, slot: float) -> None:
        """Where days off lie between two workdays, and which; over the bars, as these run on through them."""
        middle = Qt.AlignmentFlag.AlignVCenter
        for n, why in self._holidays.items():
            x = int(self._left + n * slot)
            painter.setPen(QPen(colour("ctl"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(x, self._head - 4, x, self.height())
            wide = painter.fontMetrics().horizontalAdvance(why) + 8
            high = painter.fontMetrics().height() + 2
            box = QRectF(min(x + 4, self.width() - wide), self._head, wide, high)
            painter.fillRect(box, colour("surface"))
            painter.setPen(colour("text2"))
            painter.drawText(box, middle | Qt.AlignmentFlag.AlignHCenter, why)

    def _row(self, painter: QPainter, span: Span, y: float, height: float, slot: float) -> None:
        middle, left = Qt.AlignmentFlag.AlignVCenter, self._left
        name = painter.fontMetrics().elidedText(
            f"{circled(span.place)} {self._name(span)}", Qt.TextElideMode.ElideRight, left - scaled(100)
        )
        painter.setPen(colour("text"))
        painter.drawText(QRectF(12, y, left - scaled(96), height), middle, name)
        painter.setPen(colour("text2"))
        painter.drawText(
            QRectF(left - scaled(92), y, scaled(80), height),
            middle | Qt.AlignmentFlag.AlignRight,
            self._limit(span),
        )
        start = left + (span.start + 1) * slot
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
        painter.drawText(QRectF(bar.right() + 8, y, room, height), middle, told)


class LineCard(Card):
    """The timeline with its sums and the two acts of the screen; whoever makes it says what they do."""

    def __init__(self) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 12, 4)
        head.setSpacing(8)
        head.addWidget(label("并联时间线", "section"))
        head.addWidget(ElidedLabel("工作日，次日起算；有前置的从前置办结次日起算", "caption"), 1)
        self.days = label("", "strong")
        head.addWidget(self.days)
        head.addSpacing(4)
        self.close_set = KeyButton("存草稿，关闭", "Ctrl+S")
        self.accept = KeyButton("一次受理", "Ctrl+Return", "primary")
        head.addWidget(self.close_set)
        head.addWidget(self.accept)
        self.body.addLayout(head)
        self.body.addWidget(Rule())
        self.timeline = TimelineView()
        self.body.addWidget(self.timeline, 1)
