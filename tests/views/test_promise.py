"""照后办证 at the workbench: offered where the list has it, chosen by a digit, taken back by another."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from models.domain.catalog import decode_catalog
from models.domain.licence_first import PROMISE, licence_objection
from tests.desk_kit import catalog_bytes
from tests.views.keys import press
from views.station import Station

ITEMS = decode_catalog(catalog_bytes()).items
OFFERED = next(i for i in ITEMS if not licence_objection(i))
NOT_OFFERED = next(i for i in ITEMS if licence_objection(i))


def test_the_promise_is_offered_and_free(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    page.start(OFFERED)
    page.open_step("situation")
    offer = page.situation.promise
    assert offer is not None
    assert page.sheet is not None
    assert not any(button.isChecked() for button in offer.options)
    assert not [gap for gap in page.sheet.gaps() if gap.path == PROMISE]
    offer.options[0].setFocus()
    press(station, Qt.Key.Key_2)
    assert page.sheet.get(PROMISE) == "yes"
    assert page.situation.promise is not None
    assert page.situation.promise.options[1].isChecked()
    press(station, Qt.Key.Key_1)
    assert page.sheet.get(PROMISE) == ""


def test_other_items_do_not_offer_it(qtbot: QtBot, station: Station) -> None:
    station.workbench.start(NOT_OFFERED)
    station.workbench.open_step("situation")
    assert station.workbench.situation.promise is None
