"""One city for a journey, and the real workstation of its first window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.functional.world import World
from tests.views.keys import PATIENCE_MS
from views.station import Station
from views.theme import apply_theme


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("city"))
    yield made
    made.close()


@pytest.fixture
def station(qtbot: QtBot, qapp: QApplication, world: World, tmp_path: Path) -> Iterator[Station]:
    """Signed in online, with the line cut afterwards; every journey leaves the hub running."""
    if not world.hall.listening():
        world.mend()
    apply_theme(qapp)
    desk = world.sign_in()
    world.cut()
    made = Station(desk, tmp_path / "templates")
    made.show()
    made.shell.activateWindow()
    qtbot.waitUntil(made.shell.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: made.shell.status_text("catalog") != "目录 —", timeout=PATIENCE_MS)
    yield made
    made.shell.close_overlay()
    made.shut_down()
