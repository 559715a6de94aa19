"""Files on their way to the hub, beside the rounds: a large scan on a thin line holds up no case."""

from __future__ import annotations

import threading

from PyQt6.QtCore import QObject, pyqtSignal

from app.commands.attach import send_files
from app.commands.context import Desk
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
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin a run unless one is under way."""
        if self._busy or self._stopped.is_set():
            return
        self._busy = True
        desk, told, stop = self._desk, self.progressed.emit, self._stopped.is_set
        self._tasks.network(lambda: send_files(desk, told, stop), self._done, self._failed)

    def stop(self) -> None:
        """What of a file has gone stays at the hub; the rest goes next time."""
        self._stopped.set()

    def _done(self, report: FileReport) -> None:
        self._busy = False
        if report.sent:
            self.said.emit(f"附件已传到中心 {report.sent} 份")
            self.sent.emit()
        elif report.problems:
            self.said.emit(report.problems[0])

    def _failed(self, text: str) -> None:
        self._busy = False
        self.said.emit(text)
