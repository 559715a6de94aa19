"""A pytest plugin: a test that leaves threads, timers, work, windows or Qt complaints behind fails.

What is there when a test's own fixtures begin (session fixtures included) may stay.  A test that has
already failed is not blamed a second time: it may have been cut short before it could tidy up.
pytest-qt (``qt_log_level_fail``) judges what Qt logs while a test is set up and runs; this plugin judges
what Qt logs while the test is torn down.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass

import pytest
from PyQt6 import sip
from PyQt6.QtCore import (
    QAbstractEventDispatcher,
    QCoreApplication,
    QEvent,
    QMessageLogContext,
    QObject,
    QThread,
    QThreadPool,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PyQt6.QtWidgets import QApplication, QWidget

WAIT_S = 10.0
"""How long a test's threads and windows get to end by themselves."""

KINDS = (QTimer, QThread, QThreadPool)

QT_OWN_WINDOWS = {"QTipLabel"}
"""Windows that Qt makes and removes by itself: the one tooltip of the program."""


@dataclass(frozen=True)
class _Before:
    """What a test found.  Holding on to a thing also keeps its Python identity, by which it is known again."""

    threads: list[threading.Thread]
    windows: list[QWidget]
    running: list[QObject]


_BEFORE = pytest.StashKey[_Before]()
_FAILED = pytest.StashKey[bool]()


def pytest_collection_finish() -> None:
    """What importing has made is nobody's leak; frozen, it also need not be looked through."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _note_what_is_there(request: pytest.FixtureRequest) -> None:
    request.node.stash[_BEFORE] = _Before(threading.enumerate(), _windows(), _running())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when != "teardown" and report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    complaints: list[str] = []

    def listen(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
        # Qt's own numbering of kinds does not rise with severity.
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            complaints.append(message or "")

    former = qInstallMessageHandler(listen)
    try:
        yield
        # An unclosed file in a cycle is to be found here, not at the end of some later test.
        gc.collect()
        if not gc.get_freeze_count():  # a desk was locked (Session), which gave all free again
            gc.freeze()
        before = item.stash.get(_BEFORE, None)
        leaks = _wait_for_no_leaks(before) if before is not None else []
    finally:
        qInstallMessageHandler(former)
    if complaints:
        leaks.append(f"Qt complained while the test was torn down: {complaints}")
    if leaks and not item.stash.get(_FAILED, False):
        pytest.fail("\n".join(leaks), pytrace=False)


def _wait_for_no_leaks(before: _Before) -> list[str]:
    end = time.monotonic() + WAIT_S
    collected = False
    while True:
        _settle()
        leaks = _leaks(before)
        if not leaks or time.monotonic() > end:
            return leaks
        if not collected:
            # A window in a reference cycle is not leaked, only not collected yet.
            gc.collect()
            collected = True
        time.sleep(0.01)


def _settle() -> None:
    """Let Qt finish what was asked of it: queued slots, ``deleteLater`` and its global thread pool."""
    app = QCoreApplication.instance()
    if app is None:
        return
    pool = QThreadPool.globalInstance()
    if pool is not None:
        pool.waitForDone(int(WAIT_S * 1000))
    app.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _leaks(before: _Before) -> list[str]:
    threads = [t for t in threading.enumerate() if t not in before.threads and not _of_qt(t)]
    windows = [w for w in _windows() if w not in before.windows]
    running = [thing for thing in _running() if thing not in before.running]
    return [
        *(f"thread left running: {thread.name}" for thread in threads),
        *(f"window left: {_described(window)}" for window in windows),
        *(f"left running: {_described(thing)}" for thing in running),
    ]


def _of_qt(thread: threading.Thread) -> bool:
    """Python knows a thread that Qt began only as a dummy, and keeps the dummy after the thread's end."""
    return isinstance(thread, threading._DummyThread)  # no public name tells them apart


def _windows() -> list[QWidget]:
    """Every window without a parent, shown or not."""
    if not isinstance(QCoreApplication.instance(), QApplication):
        return []
    return [
        w for w in QApplication.topLevelWidgets() if w.parent() is None and _qt_class(w) not in QT_OWN_WINDOWS
    ]


def _running() -> list[QObject]:
    """Active timers, threads and busy pools that Python has made, whoever holds them."""
    app = QCoreApplication.instance()
    if app is None:
        return []
    # type(), not isinstance(): asking a lazy proxy for its class may import something.
    made = (o for o in gc.get_objects() if issubclass(type(o), KINDS) and not sip.isdeleted(o))
    running = [o for o in made if _active(o) and o is not app.thread()]
    # QTimer.singleShot has no Python object; Qt hangs it on the event dispatcher.
    dispatcher = QAbstractEventDispatcher.instance()
    waiting = dispatcher.children() if dispatcher is not None else []
    return running + [o for o in waiting if _qt_class(o) == "QSingleShotTimer"]


def _active(thing: QObject) -> bool:
    if isinstance(thing, QTimer):
        return thing.isActive()
    if isinstance(thing, QThread):
        return thing.isRunning()
    return isinstance(thing, QThreadPool) and thing.activeThreadCount() > 0


def _qt_class(thing: QObject) -> str:
    meta = thing.metaObject()
    return str(meta.className()) if meta is not None else type(thing).__name__


def _described(thing: QObject) -> str:
    kind = type(thing).__name__ if type(thing) is not QObject else _qt_class(thing)
    name = f" “{thing.objectName()}”" if thing.objectName() else ""
    parent = thing.parent()
    return f"{kind}{name}" + (f" of {type(parent).__name__}" if parent is not None else "")
