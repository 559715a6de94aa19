"""Work off the GUI thread: one worker for the replica, one for each device, a small pool for the network.

Callbacks arrive on the GUI thread.  A task that fails with KnownError calls ``failed`` with its
sentence; anything else is a bug, is logged, and is told in one sentence too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal

from app.bugs import report_bug
from models.errors import KnownError
from models.progress import Progress, Stopped

T = TypeVar("T")


TELL_S = 0.05  # a bar that moves more often only costs the window time


class Work(Progress):
    """A long task under way, as the window sees it: ``what`` in words, and how far it is.

    ``final`` once it cannot be stopped any more.
    """

    def __init__(self, what: str, told: Callable[[Work], None]) -> None:
        self.what = what
        self.done = self.whole = 0
        self.final = False
        self._told, self._last = told, 0.0
        self._stop = threading.Event()
        self._deciding = threading.Lock()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        """Let it end soon and leave nothing; without effect once it is ``final``."""
        with self._deciding:
            if not self.final:
                self._stop.set()

    def step(self, done: int, whole: int) -> None:
        if self._stop.is_set():
            raise Stopped
        self.done, self.whole = done, whole
        now = time.monotonic()
        if now - self._last >= TELL_S:
            self._last = now
            self._told(self)

    def commit(self) -> None:
        with self._deciding:
            if self._stop.is_set():
                raise Stopped
            self.final = True
        self._told(self)


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
    """Runs work in the background; ``close`` waits for what is under way, and nothing begins after it.

    ``began``, ``moved`` and ``ended`` with each :class:`Work`; ``moved`` is emitted on its own thread.
    """

    began = pyqtSignal(object)
    moved = pyqtSignal(object)
    ended = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = QThreadPool(self)
        self._database.setMaxThreadCount(1)  # acts keep their order
        self._network = QThreadPool(self)
        self._network.setMaxThreadCount(3)  # a round, files on their way out, a file that is fetched
        self._devices: dict[str, QThreadPool] = {}  # a page after the other; none waits for another's
        self._printing = QThreadPool(self)
        self._printing.setMaxThreadCount(1)  # a slow printer keeps no card from being read
        self._pending: set[_Signals] = set()
        self._works: set[Work] = set()
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
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[str], None] | None = None,
        *,
        of: str = "files",
    ) -> None:
        """Run ``work`` on the one worker of that kind of device; it must end by itself or be stopped.

        ``files`` is for what is read from a folder or a stick, which a thick file may hold for a minute.
        """
        if of not in self._devices:
            pool = self._devices[of] = QThreadPool(self)
            pool.setMaxThreadCount(1)
        self._start(self._devices[of], work, done, failed)

    def printing(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None] | None = None
    ) -> None:
        """Run ``work`` on the one worker for paper."""
        self._start(self._printing, work, done, failed)

    def long(
        self,
        what: str,
        work: Callable[[Progress], T],
        done: Callable[[T], None],
        failed: Callable[[str], None] | None = None,
        begin: Callable[..., None] | None = None,
    ) -> Work:
        """Run ``work``, which may take over a second, where the clerk sees it and can stop it.

        ``begin`` is the method of this object that chooses the worker, by default :meth:`network`.
        """
        watched = Work(what, self.moved.emit)
        if self._closed:
            return watched

        def finished(value: T) -> None:
            self._works.discard(watched)
            self.ended.emit(watched)
            done(value)

        def missed(text: str) -> None:
            self._works.discard(watched)
            self.ended.emit(watched)
            if failed is not None:
                failed(text)

        self._works.add(watched)
        self.began.emit(watched)
        (begin or self.network)(lambda: work(watched), finished, missed)
        return watched

    def busy(self) -> bool:
        """Whether any work is under way or its callback still to come."""
        return bool(self._pending)

    def close(self) -> None:
        self._closed = True  # a timer may still fire before its widget goes
        for work in self._works:
            work.stop()
        self._database.waitForDone()
        self._network.waitForDone()
        for pool in self._devices.values():
            pool.waitForDone()
        self._printing.waitForDone()
        self._pending.clear()

    def _start(
        self,
        pool: QThreadPool,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[str], None] | None,
    ) -> None:
        if self._closed or sip.isdeleted(self):
            return
        signals = _Signals(self)
        self._pending.add(signals)
        signals.done.connect(lambda value: self._finish(signals, done, value))
        signals.failed.connect(lambda text: self._finish(signals, failed or (lambda _: None), text))
        pool.start(_Task(work, signals))

    def _finish(self, signals: _Signals, callback: Callable[[T], None], value: T) -> None:
        if signals in self._pending and not self._closed:  # what it would show is going or gone
            self._pending.discard(signals)
            signals.deleteLater()
            callback(value)
