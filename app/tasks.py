"""Work off the GUI thread: one worker for the replica, one for devices, a small pool for the network.

Callbacks arrive on the GUI thread.  A task that fails with KnownError calls ``failed`` with its
sentence; anything else is a bug, is logged, and is told in one sentence too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PyQt6.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal

from app.bugs import report_bug
from models.errors import KnownError

T = TypeVar("T")


class _Signals(QObject):
    done = pyqtSignal(object)
    failed = pyqtSignal(str)


class _Task(QRunnable):
    def __init__(self, work: Callable[[], object], signals: _Signals) -> None:
        super().__init__()
        self._work = work
        self._signals = signals

    def run(self) -> None:
        try:
            result = self._work()
        except KnownError as error:
            self._signals.failed.emit(str(error))
        except Exception as error:
            self._signals.failed.emit(report_bug(error))
        else:
            self._signals.done.emit(result)


class Tasks(QObject):
    """Runs work in the background; ``close`` waits for what is under way, and nothing begins after it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = QThreadPool(self)
        self._database.setMaxThreadCount(1)  # acts keep their order
        self._network = QThreadPool(self)
        self._network.setMaxThreadCount(3)  # a round, files on their way out, a file that is fetched
        self._devices = QThreadPool(self)
        self._devices.setMaxThreadCount(1)  # a page after the other; a slow reader holds up no act
        self._pending: set[_Signals] = set()
        self._closed = False

    def database(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None] | None = None
    ) -> None:
        """Run ``work`` on the one replica worker, in the order asked for."""
        self._start(self._database, work, done, failed)

    def network(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None] | None = None
    ) -> None:
        """Run ``work`` beside the replica worker; it may wait for the line as long as it must."""
        self._start(self._network, work, done, failed)

    def device(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None] | None = None
    ) -> None:
        """Run ``work`` on the one worker for devices and pictures; it must end by itself or be stopped."""
        self._start(self._devices, work, done, failed)

    def busy(self) -> bool:
        """Whether any work is under way or its callback still to come."""
        return bool(self._pending)

    def close(self) -> None:
        self._closed = True  # a timer may still fire before its widget goes
        self._database.waitForDone()
        self._network.waitForDone()
        self._devices.waitForDone()
        self._pending.clear()

    def _start(
        self,
        pool: QThreadPool,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[str], None] | None,
    ) -> None:
        if self._closed:
            return
        signals = _Signals(self)
        self._pending.add(signals)
        signals.done.connect(lambda value: self._finish(signals, done, value))
        signals.failed.connect(lambda text: self._finish(signals, failed or (lambda _: None), text))
        pool.start(_Task(work, signals))

    def _finish(self, signals: _Signals, callback: Callable[[T], None], value: T) -> None:
        if signals in self._pending:
            self._pending.discard(signals)
            signals.deleteLater()
            callback(value)
