"""各窗口今日办件: a bar and its numbers in one row, and how far each window is known (ui.md §11, 5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy

from app.queries.windows import WindowCount
from views.theme import scaled
from views.widgets import ActTable, Card, Cell, label
from views.widgets.elided import ElidedLabel

MOST_NAMED = 3
ROOM_FOR_BARS = 440  # px at the normal type size


class WindowsCard(Card):
    """Hatched: the figures end at the time beside them.  A revoked window is named and counted nowhere."""

    def __init__(self) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 14, 8)
        head.setSpacing(10)
        head.addWidget(label("各窗口今日办件", "section"))
        head.addWidget(ElidedLabel("长条为受理件数，斜线：数据到旁边的时点为止", "caption"), 1)
        self.body.addLayout(head)
        self.table = ActTable(("窗口", "受理对比", "收件", "受理", "数据时点"), "各窗口今日办件")
        self.table.set_widths(0, 90, 64, 64, 120, fits=True)
        self.table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.body.addWidget(self.table, 1)
        self.missing = ElidedLabel("", "caption")
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 4, 14, 6)
        foot.addWidget(self.missing)
        self.body.addLayout(foot)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Where the names have no room beside the bars, the numbers alone stay."""
        super().resizeEvent(event)
        self.table.setColumnHidden(1, self.width() < scaled(ROOM_FOR_BARS))

    def show_windows(self, windows: Sequence[WindowCount], *, online: bool, now_ms: int) -> None:
        most = max([1, *(w.accepted for w in windows if not w.revoked_ms)])
        self.table.show_rows([(w.device, _cells(w, online, most, now_ms)) for w in windows])
        told = missing_words(windows, online=online, now_ms=now_ms)
        self.missing.setText(told)
        self.missing.setVisible(bool(told))


def missing_words(windows: Sequence[WindowCount], *, online: bool, now_ms: int) -> str:
    """What is not whole on this board, window by window; "" when all of it is up to now."""
    parts = [_out_words(w) for w in windows if w.revoked_ms]
    late = [(w, w.known_until(online)) for w in windows if not w.revoked_ms and w.known_until(online)]
    if len(late) > MOST_NAMED and len({until for _, until in late}) == 1:
        parts.append(f"其他 {len(late)} 个窗口都{until_words(late[0][1], now_ms)}；补传后自动更正")
    elif late:
        named = "，".join(f"{w.name} {until_words(until, now_ms)}" for w, until in late[:MOST_NAMED])
        more = f"等 {len(late)} 个窗口" if len(late) > MOST_NAMED else ""
        parts.append(f"数据不全：{named}{more}；补传后自动更正")
    return "。".join(parts) + ("。" if parts else "")


def _out_words(w: WindowCount) -> str:
    by = f"由 {w.revoked_by} " if w.revoked_by else ""
    return f"{w.name} {dt.datetime.fromtimestamp(w.revoked_ms / 1000):%m-%d %H:%M} {by}撤销，不计入合计"


def until_words(until_ms: int, now_ms: int) -> str:
    """截至 10:12, with the day where it is not today; 没有数据 for -1."""
    if until_ms < 0:
        return "没有数据"
    at = dt.datetime.fromtimestamp(until_ms / 1000)
    today = dt.datetime.fromtimestamp(now_ms / 1000).date()
    return f"截至 {at:%H:%M}" if at.date() == today else f"截至 {at:%m-%d %H:%M}"


def _cells(w: WindowCount, online: bool, most: int, now_ms: int) -> tuple[Cell, ...]:
    name = Cell(f"{w.name}（本机）" if w.own else w.name)
    if w.revoked_ms:
        told = Cell("! 已撤销", tag="red", sub=_out_words(w))
        return (name, Cell("—"), Cell("—"), Cell("—"), told)
    until = w.known_until(online)
    if until < 0:
        return (name, Cell("—"), Cell("—"), Cell("—"), Cell("没有数据", tag="amber"))
    hatched = bool(until)
    words = f"受理 {w.accepted} 件" + ("，数据不到现在" if hatched else "")
    return (
        name,
        Cell(words, bar=100 * w.accepted // most, hatched=hatched),
        Cell(f"{w.received} 件"),
        Cell(f"{w.accepted} 件"),
        Cell(until_words(until, now_ms), tag="amber") if until else Cell("实时", tag="green"),
    )
