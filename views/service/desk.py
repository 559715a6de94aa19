"""The strip and the sheet of service marks, tied to the open case: before acceptance they are fields of it,
afterwards acts of their own."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from app.commands.context import Changes, Desk
from app.commands.rating import give, mark
from app.queries.cases import read_state
from app.tasks import Tasks
from models.domain.case import CaseState
from models.service_texts import Free, ServiceTexts
from views.service.sheet import ServiceSheet
from views.service.strip import ServiceStrip
from views.shell import Shell
from views.workbench.page import WorkbenchPage

_NOT_YET = "这件还没有存过，免费服务记不上。已填内容都在草稿里。请先暂存、收件或者受理，再记。"


class ServiceDesk(QObject):
    """``changed`` with Changes after an act of its own."""

    changed = pyqtSignal(object)
    said = pyqtSignal(str)

    def __init__(
        self, shell: Shell, workbench: WorkbenchPage, desk: Desk, tasks: Tasks, texts: ServiceTexts
    ) -> None:
        super().__init__(shell)
        self._shell, self._workbench, self._desk, self._tasks = shell, workbench, desk, tasks
        self._texts = texts
        self._busy = False
        self.strip = ServiceStrip(texts)
        workbench.add_strip(self.strip)
        workbench.rail.short.connect(self.strip.keep_short)
        self.strip.edited.connect(self.put)
        self.strip.opened.connect(self.open)
        workbench.refreshed.connect(self.show)
        self.show()

    def show(self) -> None:
        sheet = self._workbench.sheet
        self.strip.setVisible(sheet is not None)
        if sheet is not None:
            given = sheet.state.given if sheet.state is not None else ()
            self.strip.show_fields(sheet.fields, sum(one.count for one in given), self._tagged(sheet.fields))
        done = f"{self.strip.ticked()}/{len(self.strip.steps)}" if sheet is not None else ""
        self._workbench.rail.icons.show_steps(done)

    def open(self) -> None:
        sheet = self._workbench.sheet
        if sheet is None:
            return
        given = sheet.state.given if sheet.state is not None else ()
        barred = "" if sheet.state is not None else _NOT_YET
        made = ServiceSheet(self._texts, sheet.fields, given, barred, self._tagged(sheet.fields))
        made.edited.connect(self.put)
        made.given.connect(self._give)
        made.closed.connect(self._shell.close_overlay)
        self._shell.show_overlay(made)

    def _tagged(self, fields: dict[str, str]) -> str:
        """The list that the applicant is on: the hall's own file first, then the hub's 企业名单."""
        number = fields.get("applicant.id_number", "")
        return self._texts.tagged(number) or self._desk.rulebook.directory.enterprise(number)

    def put(self, path: str, value: str) -> None:
        """A mark or a tick: in the draft while the case is being entered, else an act at once."""
        sheet = self._workbench.sheet
        if sheet is None or sheet.get(path) == value:
            return
        if sheet.editable:
            sheet.put(path, value)
            self._workbench.autosave()
            self.show()
            return
        case_id, desk = sheet.case_id, self._desk
        self._act(case_id, lambda: mark(desk, case_id, {path: value}), lambda state: None)

    def _give(self, free: Free, count: int) -> None:
        sheet = self._workbench.sheet
        if sheet is not None:
            case_id, desk = sheet.case_id, self._desk
            self._act(case_id, lambda: give(desk, case_id, free, count), lambda state: self.open())

    def _act(
        self, case_id: str, act: Callable[[], Changes], after: Callable[[CaseState | None], None]
    ) -> None:
        if self._busy:
            return  # a double click counts once
        self._busy = True
        desk = self._desk

        def work() -> tuple[Changes, CaseState | None]:
            return act(), read_state(desk, case_id)

        def done(found: tuple[Changes, CaseState | None]) -> None:
            self._busy = False
            changes, state = found
            sheet = self._workbench.sheet
            if sheet is not None and sheet.case_id == case_id and state is not None:
                kept = {p: v for p, v in state.fields.items() if p.startswith(("service.", "step."))}
                mine = {p: v for p, v in sheet.fields.items() if not p.startswith(("service.", "step."))}
                if not sheet.editable:
                    sheet.fields = {**mine, **kept}
                sheet.state = state
            self.show()
            self.changed.emit(changes)
            after(state)

        def failed(text: str) -> None:
            self._busy = False
            self.show()
            self.said.emit(text)

        self._tasks.database(work, done, failed)
