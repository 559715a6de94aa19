"""录入部门系统: the fields of one case in the other system's order, one key for each, beside that system.

A window of its own that stays in front, so that it is in sight while the other program has the focus.
"""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from app.queries.other_systems import CopyCase
from models.domain.numbers import group_number
from models.domain.other_system import Filled, OtherSystem, fill, masked, number_path
from views.copying.clip import Clip
from views.theme import scaled
from views.widgets import ActTable, Cell, Field, KeyButton, Notice, label
from views.widgets.keys import bind, name_single_keys

_SHOWN = 24  # characters of a value that tell which one it is
_FRONT = Qt.WindowType.WindowStaysOnTopHint


class CopyWindow(QWidget):
    """``copied`` with headings that went to the clipboard, ``exported`` when a file is wanted, ``numbered`` with
    the other system's number, ``locked`` for Ctrl+L; ``closed`` when it is put away."""

    copied = pyqtSignal(object)
    exported = pyqtSignal()
    numbered = pyqtSignal(str)
    locked = pyqtSignal()
    closed = pyqtSignal()

    def __init__(self, case: CopyCase, clip: Clip) -> None:
        super().__init__(None, Qt.WindowType.Window | _FRONT)
        self.setObjectName("page")
        self.setWindowTitle("录入部门系统 · 泰好办")
        self.case, self._clip = case, clip
        self.system: OtherSystem = case.systems[0]
        self.fields: tuple[Filled, ...] = ()
        self._done: set[int] = set()
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(6)
        number = group_number(case.state.number) if case.state.number else case.state.receipt
        box.addWidget(label(case.item.name, "section", wrap=True))
        box.addWidget(label(f"{number}　{case.state.value('applicant.name')}", "secondary", wrap=True))
        self.choice = QComboBox()
        self.choice.setAccessibleName("录入到哪个系统")
        for system in case.systems:
            self.choice.addItem(system.name, system.id)
        self.choice.activated.connect(self._choose)
        box.addWidget(self.choice)
        self.notice = Notice()
        box.addWidget(self.notice)
        self._next = label("", "strong", wrap=True)
        box.addWidget(self._next)
        self.table = ActTable(("", "对方栏目", "内容"), "要录入的各项", keys=" ")
        self.table.set_widths(40, 150, 0, fits=True)
        self.table.opened.connect(lambda _: self.copy_next())
        self.table.keyed.connect(lambda *_: self.copy_next())
        self.table.moved.connect(lambda _: self._tell())
        name_single_keys(self.table, (("Enter Space", "复制这一项，转到下一项"),))
        box.addWidget(self.table, 1)
        box.addLayout(self._make_buttons())
        self.number = Field(self.system.number, kind="code")
        self.number.entered.connect(lambda: self.numbered.emit(self.number.value()))
        box.addWidget(self.number)
        foot = QHBoxLayout()
        self.front = QCheckBox("保持在最前")
        self.front.setChecked(True)
        self.front.toggled.connect(self._keep_in_front)
        foot.addWidget(self.front)
        foot.addStretch()
        save = KeyButton("回填这个编号", kind="primary")
        save.run.connect(lambda: self.numbered.emit(self.number.value()))
        foot.addWidget(save)
        box.addLayout(foot)
        bind(self, "Ctrl+L", "锁屏", self.locked.emit)
        bind(self, "Esc", "收起", self.close)
        bind(self, "F6", "在各项和编号之间", self._other_pane)
        self.fit()
        self._choose(0)
        if case.problems:
            self.notice.say(case.problems[0])

    def fit(self) -> None:
        """As large as the type in force asks for."""
        self.setMinimumSize(scaled(400), scaled(480))
        self.resize(scaled(460), scaled(660))

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.whole = KeyButton("全部复制成一行", kind="quiet")
        self.whole.setToolTip("各项之间是制表符，可以粘进表格的一行")
        self.whole.run.connect(self.copy_all)
        self.export = KeyButton("导出录入包", kind="quiet")
        self.export.run.connect(self.exported)
        for button in (self.whole, self.export):
            row.addWidget(button)
        row.addStretch()
        return row

    # -- what is copied ----------------------------------------------------------------------------

    def copy_next(self) -> None:
        """The row under the cursor to the clipboard, and the cursor on to the next."""
        place = self.table.currentIndex().row()
        if not 0 <= place < len(self.fields):
            return
        field = self.fields[place]
        self._done.add(place)
        if field.value:
            self._clip.put(field.value)
            self.copied.emit((field.heading,))
            said = f"“{field.heading}”已复制，到对方系统按 Ctrl+V；60 秒后清空剪贴板"
        else:
            self._clip.clear()
            said = f"“{field.heading}”本办件没有内容，对方系统里留空"
        self._show_rows()
        if place + 1 < len(self.fields):
            self.table.selectRow(place + 1)
            self.table.scrollTo(self.table.rows.index(place + 1, 0))
        else:
            said = f"{said}。已是最后一项，请在下面回填编号"
            self.number.editor.setFocus()
        self._tell(said)

    def copy_all(self) -> None:
        from app.commands.copy_out import as_line

        self._clip.put(as_line(self.fields))
        self.copied.emit(tuple(field.heading for field in self.fields))
        self._done = set(range(len(self.fields)))
        self._show_rows()
        self._tell(f"{len(self.fields)} 项已复制成一行；60 秒后清空剪贴板")

    def done_numbering(self, number: str) -> None:
        """The number is in the case."""
        self.number.show_error("")
        self.number.set_value(number)
        self.notice.say(f"{self.system.number} {number} 已回填到办件，已加密存在本机。", "green")

    def objected(self, text: str) -> None:
        self.number.show_error(text)
        self.number.editor.setFocus()

    # -- showing -----------------------------------------------------------------------------------

    def _choose(self, place: int) -> None:
        self.system = self.case.systems[place]
        self.fields = fill(self.system, self.case.item, self.case.state)
        self._done.clear()
        self.choice.setVisible(len(self.case.systems) > 1)
        self.number.editor.setAccessibleName(self.system.number)
        self.number.set_value(self.case.state.value(number_path(self.system.id)))
        self._show_rows()
        self.table.selectRow(0)
        self.table.setFocus()
        self._tell()

    def _show_rows(self) -> None:
        self.table.show_rows([(str(n), self._row(n, field)) for n, field in enumerate(self.fields)])

    def _row(self, place: int, field: Filled) -> tuple[Cell, ...]:
        value = masked(field)
        shown = value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
        done = "✓" if place in self._done else str(place + 1)
        content = Cell(shown or "（空）", token="" if field.value else "text3")
        if field.problem:
            content = Cell(f"请核对：{shown or '（空）'}", token="amber")
        return Cell(done), Cell(field.heading), content

    def _tell(self, said: str = "") -> None:
        place = self.table.currentIndex().row()
        if not 0 <= place < len(self.fields):
            return
        field = self.fields[place]
        problem = f"　{field.problem}" if field.problem else ""
        self._next.setText(
            said or f"{self.system.name}　第 {place + 1} 项，共 {len(self.fields)} 项{problem}"
        )
        self._next.setAccessibleName(self._next.text())

    def _keep_in_front(self, wanted: bool) -> None:
        self.setWindowFlag(_FRONT, wanted)
        self.show()

    def _other_pane(self) -> None:
        if self.table.hasFocus():
            self.number.editor.setFocus()
        else:
            self.table.setFocus()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        super().closeEvent(event)
        self.closed.emit()
