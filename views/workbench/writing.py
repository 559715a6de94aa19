"""What goes from the bench into the store: drafts as they are typed, and one act at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.commands import drafts
from app.commands.act import Entry
from app.commands.context import Changes, Desk
from app.commands.print_notice import Printed, print_notice
from app.queries.cases import read_state
from app.tasks import Tasks
from models.domain.case import CaseState
from models.errors import KnownError
from views.workbench.sheet import Sheet

if TYPE_CHECKING:
    from views.workbench.page import WorkbenchPage


AGAIN_MS = 3000  # a draft that could not be written is tried again


class Writing(QObject):
    """``done`` (name, sheet, Changes, state, Printed) after an act, ``kept`` (Changes) after a file,
    ``saved`` with the words for the head after a draft, ``objected`` with one plain sentence."""

    done = pyqtSignal(str, object, object, object, object)
    kept = pyqtSignal(object)
    saved = pyqtSignal(str)
    objected = pyqtSignal(str)
    recovered = pyqtSignal()  # a draft is written again after some could not be

    def __init__(self, page: WorkbenchPage, desk: Desk, tasks: Tasks, templates: Path | None) -> None:
        super().__init__(page)
        self._page, self._desk, self._tasks, self._templates = page, desk, tasks, templates
        self.saving = self.dirty = self.acting = False
        self.failing = False  # the last draft could not be written; what was typed is on the screen only
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._try_again)

    def act(self, name: str, run: Callable[[Desk, Sheet], Changes]) -> None:
        """One durable act in the background; on an objection everything entered stays."""
        sheet = self._page.sheet
        if sheet is None or self.acting:
            return  # a double Enter is one act
        self.acting = True
        desk, templates = self._desk, self._templates

        def work() -> tuple[Changes, CaseState | None, Printed | None]:
            changes = run(desk, sheet)
            state = read_state(desk, sheet.case_id)
            issued = state is not None and any(n.op_id == changes.op_id for n in state.notices)
            printed = print_notice(desk, sheet.case_id, changes.op_id, templates) if issued else None
            return changes, state, printed

        def done(result: tuple[Changes, CaseState | None, Printed | None]) -> None:
            self.acting = self.dirty = False
            self.done.emit(name, sheet, *result)

        def failed(text: str) -> None:
            self.acting = False
            self.objected.emit(text)
            if self.dirty:
                self.autosave()

        self._tasks.database(work, done, failed)

    def keep(
        self,
        run: Callable[[Desk, Entry], Changes],
        done: Callable[[Changes], None],
        failed: Callable[[str], None],
    ) -> None:
        """A durable act that leaves the open step as it is, such as a file: what is typed meanwhile stays."""
        sheet = self._page.sheet
        if sheet is None or self.acting:
            failed("这一件正在存，没有采用。内容都在。请稍后再存一次。")
            return
        self.acting, self.dirty = True, False
        desk, entry = self._desk, sheet.entry

        def work() -> tuple[Changes, CaseState | None]:
            return run(desk, entry), read_state(desk, entry.case_id)

        def over() -> None:
            self.acting = False
            if self.dirty:
                self.autosave()

        def finished(result: tuple[Changes, CaseState | None]) -> None:
            changes, sheet.state = result
            over()
            self.kept.emit(changes)
            done(changes)

        def objected(text: str) -> None:
            over()
            failed(text)

        self._tasks.database(work, finished, objected)

    def autosave(self) -> None:
        """Keep the draft after every change: one write under way, the newest one next."""
        sheet = self._page.sheet
        if sheet is None:
            return
        if self.saving or self.acting:
            self.dirty = True
            return
        self.saving, self.dirty = True, False
        save = self._save(sheet)

        def done(saved_ms: int) -> None:
            self.saving = False
            if self.failing:
                self.failing = False
                self.recovered.emit()
            at = dt.datetime.fromtimestamp(saved_ms / 1000).strftime("%H:%M:%S")
            self.saved.emit(f"✓ {at} 已存本机（加密）")
            # An act under way takes the newest entry itself; a draft after it would come back to life.
            if self.dirty and not self.acting:
                self.autosave()

        def failed(text: str) -> None:
            self.saving, self.dirty, self.failing = False, True, True
            self.objected.emit(text)
            self._again.start(AGAIN_MS)

        self._tasks.database(save, done, failed)

    def _save(self, sheet: Sheet) -> Callable[[], int]:
        """Writes the draft as it stands now."""
        return partial(drafts.save_draft, self._desk, sheet.entry, self._page.step, sheet.outcome)

    def _try_again(self) -> None:
        if self.dirty and not self.acting:
            self.autosave()

    def written(self) -> bool:
        """Whether everything typed can be left: tries once more to write what could not be; says why not."""
        sheet = self._page.sheet
        if not self.failing or sheet is None:
            return True
        try:
            self._save(sheet)()
        except KnownError as error:
            self.objected.emit(str(error))
            return False
        self.failing = self.dirty = False
        return True

    def flush(self) -> None:
        """The last keystrokes before the lock, written at once; an act under way took them itself."""
        sheet = self._page.sheet
        if sheet is not None and self.dirty and not self.acting:
            self.dirty = self.failing = False
            self._save(sheet)()
