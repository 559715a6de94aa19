"""Another page: painted once.  Counted, not timed; Qt by itself paints what is shown anew twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.views.keys import settle, start_item
from views.station import Station


class Painted(QObject):
    """How often each part of a page is painted."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._page = page
        self.times: Counter[int] = Counter()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self.times[id(watched)] += self._page.isAncestorOf(watched)
        return False

    def again(self) -> float:
        """The share of what was painted that was painted more than once."""
        seen = [count for count in self.times.values() if count]
        assert len(seen) > 10
        return sum(count > 1 for count in seen) / len(seen)


@contextmanager
def painted(page: QWidget) -> Iterator[Painted]:
    app = QApplication.instance()
    assert app is not None
    counts = Painted(page)
    app.installEventFilter(counts)
    yield counts
    for _ in range(6):
        QApplication.processEvents()
    app.removeEventFilter(counts)


@pytest.mark.parametrize("name", ["workbench", "cases", "sync", "board"])
def test_a_page_is_painted_once_when_it_is_shown(qtbot: QtBot, station: Station, name: str) -> None:
    start_item(qtbot, station, "spjyxk")
    shell = station.shell
    again = []
    for _ in range(3):  # a list that comes from the store just then is painted once more, and rightly so
        for page in (name, "sync" if name == "board" else "board"):  # made and laid out before
            shell.show_page(page)
            settle(qtbot, station)
            qtbot.wait(50)
        with painted(shell._pages[name]) as counts:
            shell.show_page(name)
        again.append(counts.again())
    assert min(again) < 0.3
