"""The second screen, as a window beside the workstation."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from tests.views.keys import PATIENCE_MS
from views.station import Station
from views.visitor.window import VisitorWindow


@pytest.fixture
def window(qtbot: QtBot, station: Station) -> VisitorWindow:
    station.visitor.use("window")
    station.shell.activateWindow()
    qtbot.waitUntil(station.shell.isActiveWindow, timeout=PATIENCE_MS)
    return station.visitor.window
