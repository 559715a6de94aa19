"""Opening the copy window for a case, and what it leads to: records, files, the number taken back."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog

from app.commands.context import Changes, Desk
from app.commands.copy_out import backfill, export_package, note_copied
from app.queries.other_systems import READY, CopyCase, read_copy
from app.tasks import Tasks
from views.copying.clip import Clip
from views.copying.window import CopyWindow
from views.shell import Shell

NOT_YET = "这件还没有收件，没有编号可录。办件没有改动。收件或者受理后再按 Alt+R 录入部门系统。"


class Copying(QObject):
    """Owned by the station.  ``stop`` before dropping it: nothing of a case stays on the clipboard."""

    changed = pyqtSignal(object)
    said = pyqtSignal(str)

    def __init__(self, shell: Shell, desk: Desk, tasks: Tasks) -> None:
        super().__init__(shell)
        self._shell, self._desk, self._tasks = shell, desk, tasks
        self.clip = Clip(self)
        self.window: CopyWindow | None = None

    def open(self, case_id: str) -> None:
        """Alt+R: the fields of this case for the department's own system."""
        desk = self._desk
        self._tasks.database(lambda: read_copy(desk, case_id), self._show, self.said.emit)

    def stop(self) -> None:
        self.clip.clear()
        self._put_away()

    def _show(self, case: CopyCase | None) -> None:
        if case is None:
            self.said.emit("没有打开已收件的办件。请先打开一件，再按 Alt+R 录入部门系统")
            return
        if case.state.status not in READY:
            self.said.emit(NOT_YET)
            return
        self._put_away()
        window = self.window = CopyWindow(case, self.clip)
        window.copied.connect(lambda headings: self._note(window, headings))
        window.exported.connect(lambda: self._export(window))
        window.numbered.connect(lambda number: self._number(window, number))
        window.locked.connect(self._shell.lock_requested)
        window.closed.connect(self._shell.activateWindow)
        right = self._shell.frameGeometry()
        window.move(right.right() - window.width() - 8, right.top() + 48)
        window.show()
        window.activateWindow()

    def _put_away(self) -> None:
        if self.window is not None:
            self.window.blockSignals(True)
            self.window.close()
            self.window.deleteLater()
            self.window = None

    def _note(self, window: CopyWindow, headings: tuple[str, ...]) -> None:
        desk, case_id, system = self._desk, window.case.state.case_id, window.system
        self._tasks.database(
            lambda: note_copied(desk, case_id, system, headings), lambda _: None, window.notice.say
        )

    def _export(self, window: CopyWindow) -> None:
        name, _ = QFileDialog.getSaveFileName(
            window, "导出录入包", "录入包.xlsx", "Excel 工作簿 (*.xlsx);;CSV (*.csv)"
        )
        if not name:
            return
        desk, state, system, fields = self._desk, window.case.state, window.system, window.fields
        self._tasks.database(
            lambda: export_package(desk, state, system, fields, Path(name)),
            lambda _: window.notice.say("录入包已导出，导出已留痕。用完请删掉。", "green"),
            window.notice.say,
        )

    def _number(self, window: CopyWindow, number: str) -> None:
        desk, case_id, system = self._desk, window.case.state.case_id, window.system

        def done(changes: Changes) -> None:
            window.done_numbering("".join(number.split()))
            self.changed.emit(changes)

        self._tasks.database(lambda: backfill(desk, case_id, system, number), done, window.objected)
