"""Before a set is open: the register of 一件事, found by name or initials, Enter begins."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit

from models.domain.catalog import Bundle
from models.domain.search import initials
from views.widgets import ActTable, Card, Cell, Rule, label


class Chooser(Card):
    """``chosen`` with a bundle id."""

    chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 16, 10)
        head.setSpacing(8)
        head.addWidget(label("一件事", "title"))
        self._facts = label("", "secondary")
        head.addWidget(self._facts)
        head.addStretch()
        self.line = QLineEdit()
        self.line.setPlaceholderText("名称或首字母，例如 wykyd")
        self.line.setAccessibleName("找一件事")
        self.line.setFixedWidth(320)
        self.line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.line.textChanged.connect(lambda _: self._fill())
        self.line.installEventFilter(self)
        head.addWidget(self.line)
        self.body.addLayout(head)
        self.body.addWidget(Rule())
        self.table = ActTable(
            ("一件事", "成员", "问题", "状态", "改革前 材料 · 环节 · 工作日 · 到场"), "一件事清单"
        )
        self.table.set_widths(0, 90, 80, 110, 330)
        self.table.opened.connect(self.chosen)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(
            label("　↑ ↓ 选　Enter 开始　梳理中的还不能一次受理，请按单个办理项收件", "caption")
        )
        self._bundles: tuple[Bundle, ...] = ()
        self.setFocusProxy(self.line)

    def show_bundles(self, bundles: tuple[Bundle, ...]) -> None:
        self._bundles = bundles
        online = sum(b.status == "online" for b in bundles)
        self._facts.setText(
            f"共 {len(bundles)} 个，已上线 {online} 个" if bundles else "本机目录里没有一件事"
        )
        self._fill()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
                self.table.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
                if key := self.table.current_key():
                    self.chosen.emit(key)
                return True
        return super().eventFilter(watched, event)

    def _fill(self) -> None:
        wanted = self.line.text().strip().lower()
        found = [b for b in self._bundles if wanted in b.name.lower() or wanted in initials(b.name)]
        self.table.show_rows([(b.id, _row(b)) for b in found])
        if found:
            self.table.selectRow(0)


def _row(bundle: Bundle) -> tuple[Cell, ...]:
    former = bundle.former
    before = (
        f"{former.materials} 份 · {former.stages} 个 · {former.workdays} 天 · {former.visits} 次"
        + ("（演示数据）" if former.demo else "")
        if former is not None
        else "—"
    )
    online = bundle.status == "online"
    return (
        Cell(bundle.name, bold=online),
        Cell(f"{len(bundle.members)} 项" if bundle.members else "—"),
        Cell(f"{len(bundle.questions)} 问" if bundle.questions else "—"),
        Cell("已上线", tag="green") if online else Cell("梳理中", tag="neutral"),
        Cell(before, token="text2"),
    )
