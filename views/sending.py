"""Files on their way to the hub, beside the rounds: a large scan on a thin line holds up no case.

When there is nothing to send, blank forms and samples are fetched in advance; a new scan interrupts that.
"""

from __future__ import annotations

import threading

from PyQt6.QtCore import QObject, pyqtSignal

from app.commands.attach import send_files
from app.commands.context import Desk
from app.commands.forms import fetch_forms
from app.tasks import Tasks
from sync.attachments import FileReport


class FileSender(QObject):
    """Sends what the hub lacks, one run at a time.  ``stop`` before the tasks are closed."""

    progressed = pyqtSignal("qlonglong", "qlonglong")  # bytes of the files under way: done, all
    said = pyqtSignal(str)
    sent = pyqtSignal()

    def __init__(self, desk: Desk, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._tasks = desk, tasks
        self._busy = False
        self._stopped, self._waited_for = threading.Event(), threading.Event()

    def start(self) -> None:
        """Begin a run; one that is under way makes haste to its end, and another follows."""
        if self._busy:
            self._waited_for.set()
        if self._busy or self._stopped.is_set():
            return
        self._busy = True
        self._waited_for.clear()
        desk, told, stop = self._desk, self.progressed.emit, self._stopped.is_set

        def work() -> FileReport:
            report = send_files(desk, told, stop)
            if not (report.waiting or report.problems or stop()):
                fetch_forms(desk, lambda: stop() or self._waited_for.is_set())
            return report

        self._tasks.network(work, self._done, self._failed)

    def stop(self) -> None:
        """What of a file has gone stays at the hub; the rest goes next time."""
        self._stopped.set()

    def pause(self, held: bool) -> None:
        """Hold what is under way at its last chunk; let go, it goes on from there."""
        (self._stopped.set if held else self._stopped.clear)()

    def _done(self, report: FileReport) -> None:
        self._busy = False
        if report.sent:
            self.said.emit(f"附件已传到中心 {report.sent} 份")
            self.sent.emit()
        elif report.problems:
            self.said.emit(report.problems[0])
        self._follow()

    def _failed(self, text: str) -> None:
        self._busy = False
        self.said.emit(text)
        self._follow()

    def _follow(self) -> None:
        if self._waited_for.is_set():
            self.start()
