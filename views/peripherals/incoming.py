"""Files on their way into a case, one after the other: read and checked off the GUI thread, then sealed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PyQt6.QtCore import QObject, pyqtSignal

from app.commands.act import Entry
from app.commands.attach import Sealed, attach_sealed, seal_content
from app.commands.context import Changes, Desk
from app.tasks import Tasks
from devices.pages.page import PaperFile
from models.domain.case import Receipt
from models.progress import Progress
from views.cases.page import CasesPage
from views.peripherals.capture import Target
from views.peripherals.keeping import entry_of
from views.workbench.page import WorkbenchPage


class Job(NamedTuple):
    """``make`` runs off the GUI thread; ``then`` once the content is sealed in the case."""

    target: Target
    make: Callable[[Progress], PaperFile]
    receipt: Receipt
    then: Callable[[], None]


class Incoming(QObject):
    """``said`` with what became of each; a file that is not taken is told and costs the others nothing."""

    said = pyqtSignal(str)

    def __init__(self, desk: Desk, tasks: Tasks, workbench: WorkbenchPage, cases: CasesPage) -> None:
        super().__init__(workbench)
        self._desk, self._tasks, self._workbench, self._cases = desk, tasks, workbench, cases
        self._jobs: deque[Job] = deque()
        self._busy = False
        self._told: list[str] = []

    def add(self, job: Job) -> None:
        self._jobs.append(job)
        self._pump()

    def add_file(
        self, target: Target, path: Path, receipt: Receipt, then: Callable[[], None] = lambda: None
    ) -> None:
        """A file from a folder or a stick; it stays where it is unless ``then`` moves it."""

        def make(progress: Progress) -> PaperFile:
            from devices.pages.paper_file import read_paper

            return read_paper(path, progress)

        self.add(Job(target, make, receipt, then))

    def _pump(self) -> None:
        if self._busy:
            return
        if not self._jobs:
            if self._told:
                self.said.emit("；".join(self._told))
                self._told.clear()
            return
        self._busy = True
        job, desk = self._jobs.popleft(), self._desk

        def work(progress: Progress) -> tuple[PaperFile, Sealed]:
            paper = job.make(progress)
            progress.commit()
            return paper, seal_content(desk, paper.data)

        self._tasks.long(
            "收附件", work, lambda made: self._attach(job, *made), self._refused, self._tasks.device
        )

    def _attach(self, job: Job, paper: PaperFile, sealed: Sealed) -> None:
        target, page = job.target, self._workbench
        here = page.sheet is not None and page.sheet.case_id == target.case_id
        title = target.title if target.material else paper.name or target.title

        def run(desk: Desk, entry: Entry) -> Changes:
            pages = paper.pages
            return attach_sealed(desk, entry, sealed, title=title, material=target.material, pages=pages)

        def done(changes: Changes) -> None:
            self._busy = False
            job.then()
            pages = f" {paper.pages} 页" if paper.pages else ""
            self._told.append(f"{title}{pages}已加密存入办件")
            if here:
                page.materials.received(target.material, job.receipt)
            else:
                self._cases.attached(changes)
            self._pump()

        if here and page.sheet is not None and page.sheet.editable:
            page.keep(run, done, self._refused)
        else:
            desk = self._desk
            self._tasks.database(lambda: run(desk, entry_of(desk, page, target)), done, self._refused)

    def _refused(self, text: str) -> None:
        self._busy = False
        self._told.append(text.rstrip("。") if self._jobs else text)
        self._pump()
