"""The guards of tests/guards.py are tried on tests that leak, with the project's own configuration."""

from __future__ import annotations

import shutil
from xml.etree import ElementTree

import pytest

from tests.house.tree import ROOT

PLANTED = """
import threading
import warnings

import pytest
from PyQt6.QtCore import QObject, QRunnable, QThread, QThreadPool, QTimer, qWarning
from PyQt6.QtWidgets import QLabel, QWidget

kept = []
wake = threading.Event()


def keep(thing):
    kept.append(thing)
    return thing


class Waits(QThread):
    def run(self):
        wake.wait(30)


class Work(QRunnable):
    def run(self):
        wake.wait(30)


def test_leaks_a_thread():
    threading.Thread(target=wake.wait, args=(30,), name="planted", daemon=True).start()


def test_leaks_a_timer(qapp):
    keep(QTimer()).start(50_000)


def test_leaks_the_timer_of_an_object(qapp):
    QTimer(keep(QObject())).start(50_000)


def test_leaks_a_single_shot(qapp):
    QTimer.singleShot(50_000, lambda: None)


def test_leaks_a_qthread(qapp):
    keep(Waits()).start()


def test_leaks_work_in_a_pool(qapp):
    keep(QThreadPool()).start(keep(Work()))


def test_leaks_a_shown_window(qapp):
    keep(QLabel("planted")).show()


def test_leaks_a_hidden_window(qapp):
    keep(QWidget())


def test_logs_through_qt(qapp):
    qWarning("planted")


def test_logs_through_qt_without_an_application():
    qWarning("planted")


@pytest.fixture
def complaining_end():
    yield
    qWarning("planted at the end")


def test_logs_through_qt_at_the_end(complaining_end):
    pass


def test_warns():
    warnings.warn("planted", UserWarning, stacklevel=1)


def test_fails_and_leaks(qapp):
    keep(QTimer()).start(50_000)
    assert False, "planted"


def test_tidies_up_after_itself(qtbot):
    label = QLabel("tidy")
    qtbot.addWidget(label)
    QTimer(label).start(50_000)
    label.show()
    ends = threading.Thread(target=wake.wait, args=(0.1,))
    ends.start()
    QThreadPool.globalInstance().start(lambda: wake.wait(0.1))
    QTimer.singleShot(0, lambda: None)
    cycle = QWidget()
    cycle.itself = cycle


@pytest.fixture(scope="module")
def lasting():
    thread = threading.Thread(target=wake.wait, args=(30,), daemon=True)
    thread.start()
    yield thread


def test_uses_what_lasts(lasting):
    assert lasting.is_alive()


def test_ends_the_planted_threads():
    wake.set()
    for thing in kept:
        if isinstance(thing, QThread):
            thing.wait()
        if isinstance(thing, QThreadPool):
            thing.waitForDone()
"""

# Nothing planted ends by itself, so waiting long for it proves nothing more.
IMPATIENT = """

def pytest_configure():
    import tests.guards

    tests.guards.WAIT_S = 0.4
"""

LEAKS = {
    "test_leaks_a_thread": "thread left running: planted",
    "test_leaks_a_timer": "left running: QTimer",
    "test_leaks_the_timer_of_an_object": "left running: QTimer of QObject",
    "test_leaks_a_single_shot": "left running: QSingleShotTimer",
    "test_leaks_a_qthread": "left running: Waits",
    "test_leaks_work_in_a_pool": "left running: QThreadPool",
    "test_leaks_a_shown_window": "window left: QLabel",
    "test_leaks_a_hidden_window": "window left: QWidget",
    "test_logs_through_qt_at_the_end": "Qt complained while the test was torn down: ['planted at the end']",
}
FAILS = {
    "test_logs_through_qt",
    "test_logs_through_qt_without_an_application",
    "test_warns",
    "test_fails_and_leaks",
}
CLEAN = {"test_tidies_up_after_itself", "test_uses_what_lasts", "test_ends_the_planted_threads"}


def test_each_planted_leak_fails_and_no_clean_test_does(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "pyproject.toml", pytester.path)
    conftest = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    pytester.makeconftest(conftest + IMPATIENT)
    planted = pytester.makepyfile(test_planted=PLANTED)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    pytester.runpytest_subprocess(planted, "--junitxml=report.xml")

    cases = ElementTree.parse(pytester.path / "report.xml").getroot().findall(".//testcase")
    errors, failed = (
        {
            case.get("name"): found.get("message", "")
            for case in cases
            if (found := case.find(kind)) is not None
        }
        for kind in ("error", "failure")
    )
    assert set(failed) == FAILS
    assert set(errors) == set(LEAKS)
    for test, words in LEAKS.items():
        assert words in errors[test]
    assert {case.get("name") for case in cases} == CLEAN | set(LEAKS) | FAILS
