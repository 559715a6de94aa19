"""Alt+Q while a 摆渡包 is taken in: what came in stays, the file taken in again brings the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.commands.bundle import BundleReport, import_bundle
from app.commands.context import Desk
from app.commands.verify import verify_replica
from app.queries.cases import find_cases
from models.progress import Progress
from tests.app.test_bundle import Post, hub, post, work
from tests.views.keys import ALT, PATIENCE_MS, press, settle
from views.outbox import stick
from views.station import Station
from views.theme import apply_theme

__all__ = ["hub", "post"]


class Gate(Progress):
    """The work waits at its n-th step until the key has been pressed."""

    def __init__(self, inner: Progress, place: int) -> None:
        self._inner, self._left = inner, place
        self.reached, self.go_on = threading.Event(), threading.Event()

    def step(self, done: int, whole: int) -> None:
        self._left -= 1
        if self._left == 0:
            self.reached.set()
            assert self.go_on.wait(PATIENCE_MS / 1000)
        self._inner.step(done, whole)

    def commit(self) -> None:
        self._inner.commit()


@pytest.fixture
def of_post(qtbot: QtBot, qapp: QApplication, post: Post) -> Iterator[Station]:
    """The line is away: the stick is all there is."""
    apply_theme(qapp)
    made = Station(post.desk, post.folder / "templates")
    made.show()
    made.shell.activateWindow()
    qtbot.waitUntil(made.shell.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(made._offline_since), timeout=PATIENCE_MS)
    yield made
    made.shut_down()


@pytest.mark.parametrize(("place", "told"), [(1, "没有"), (6, "停下以前收进来的都保存好了")])
def test_the_key_stops_it_and_again_takes_in_the_rest(
    qtbot: QtBot, of_post: Station, post: Post, monkeypatch: pytest.MonkeyPatch, place: int, told: str
) -> None:
    work(post.desk, 1, 2, 3)
    back = post.carry()
    gates: list[Gate] = []

    def gated(desk: Desk, path: Path, progress: Progress) -> BundleReport:
        gates.append(Gate(progress, place))
        return import_bundle(desk, path, gates[-1])

    monkeypatch.setattr(stick, "import_bundle", gated)
    of_post.stick.take_in(back)
    qtbot.waitUntil(lambda: bool(gates) and gates[0].reached.is_set(), timeout=PATIENCE_MS)
    qtbot.waitUntil(of_post.shell.work.isVisible, timeout=PATIENCE_MS)
    press(of_post, Qt.Key.Key_Q, ALT)
    gates[0].go_on.set()
    settle(qtbot, of_post)
    assert told in of_post.outbox.notice.text()
    assert verify_replica(post.desk) == []
    monkeypatch.setattr(stick, "import_bundle", import_bundle)
    of_post.stick.take_in(back)
    settle(qtbot, of_post)
    assert "待传 0 步" in of_post.outbox.notice.text()
    assert {row.sync for row in find_cases(post.desk)} == {"synced"}
