"""A real station over a real encrypted replica, offline: nothing listens at its hub's address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.desk_kit import make_desk
from tests.views.keys import PATIENCE_MS
from views.station import Station
from views.theme import apply_theme


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each opens windows: left out of make check."""
    for one in items:
        if Path(__file__).parent in one.path.parents:
            one.add_marker("slow")


@pytest.fixture
def station(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Station]:
    apply_theme(qapp)
    made = Station(make_desk(tmp_path), tmp_path / "templates")
    made.show()
    made.shell.activateWindow()
    qtbot.waitUntil(made.shell.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: made.shell.status_text("catalog") != "目录 —", timeout=60_000)
    # The first round has said in the status bar that nobody answers; nothing of it comes later.
    qtbot.waitUntil(lambda: bool(made._offline_since), timeout=60_000)
    yield made
    made.shell.close_overlay()
    made.shut_down()
