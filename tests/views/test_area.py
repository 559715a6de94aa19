"""通办: the applicant's area is asked where the item is taken in for others too, and travels with the case."""

from __future__ import annotations

from PyQt6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.queries.drafts import read_drafts
from models.domain.catalog import decode_catalog
from models.domain.competence import APPLICANT_DIVISION
from tests.desk_kit import catalog_bytes
from tests.views.keys import settle
from views.station import Station

ITEMS = decode_catalog(catalog_bytes()).items
SHARED = next(i for i in ITEMS if i.shared_scope)
OWN = next(i for i in ITEMS if not i.shared_scope)
AREAS = (("370911", "岱岳区政务服务大厅"), ("370921", "宁阳县政务服务大厅"))


def test_the_area_is_asked_for_shared_items_only(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    page.identity.offer_areas(AREAS)
    page.start(OWN)
    assert not page.identity.fields[APPLICANT_DIVISION].isVisibleTo(page.identity)
    page.start(SHARED)
    area = page.identity.fields[APPLICANT_DIVISION]
    assert area.isVisibleTo(page.identity)
    combo = area.editor
    assert isinstance(combo, QComboBox)
    place = combo.findData("370921")
    combo.setCurrentIndex(place)
    combo.activated.emit(place)
    settle(qtbot, station)
    assert page.sheet is not None
    assert page.sheet.get(APPLICANT_DIVISION) == "370921"
    assert any(d.fields.get(APPLICANT_DIVISION) == "370921" for d in read_drafts(station.desk))


def test_one_hall_alone_asks_nothing(qtbot: QtBot, station: Station) -> None:
    station.workbench.identity.offer_areas(AREAS[:1])
    station.workbench.start(SHARED)
    assert APPLICANT_DIVISION not in station.workbench.identity.fields
