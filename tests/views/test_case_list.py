"""The case list narrowed by its controls, views kept by keyboard, the export of a lead."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from app.commands.batch import intake_line
from app.sample import filled
from tests.desk_kit import item
from tests.views.keys import press, settle, type_text
from views.cases.listing import CaseList
from views.station import Station


@pytest.fixture
def listing(qtbot: QtBot, station: Station) -> CaseList:
    for seed, wanted in enumerate(("SC001", "SB012")):
        intake_line(station.desk, filled(item(wanted), random.Random(seed), "accept"))
    station.shell.show_page("cases")
    settle(qtbot, station)
    return station.cases.list


def choose(qtbot: QtBot, station: Station, box: QComboBox, text: str) -> None:
    """By the keyboard: an entry is found by its first characters."""
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText() == text:
            break
        press(station, Qt.Key.Key_Down)
        settle(qtbot, station)
    if box.currentText() != text:
        press(station, Qt.Key.Key_Home)
        for _ in range(box.count()):
            if box.currentText() == text:
                break
            press(station, Qt.Key.Key_Down)
            settle(qtbot, station)
    assert box.currentText() == text


def shown(listing: CaseList) -> int:
    return listing.table.rows.rowCount()


def test_a_view_is_kept_opened_and_dropped(qtbot: QtBot, station: Station, listing: CaseList) -> None:
    assert (shown(listing), listing.view.currentText()) == (2, "全部办件")
    choose(qtbot, station, listing.domain, "市场准入")
    settle(qtbot, station)
    assert (shown(listing), listing.view.currentText()) == (1, "自选范围")
    listing.keep.setFocus()
    press(station, Qt.Key.Key_Space)
    assert QApplication.focusWidget() is listing.name
    type_text(station, "市场")
    press(station, Qt.Key.Key_Return)
    settle(qtbot, station)
    assert listing.view.currentText() == "市场"
    assert not listing.name.isVisible()
    choose(qtbot, station, listing.view, "全部办件")
    settle(qtbot, station)
    assert shown(listing) == 2
    choose(qtbot, station, listing.view, "市场")
    settle(qtbot, station)
    assert shown(listing) == 1
    listing.drop.setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert listing.view.findText("市场") < 0
    assert not listing.drop.isVisible()  # nothing of one's own is left to drop


def test_a_lead_exports_what_is_listed(
    qtbot: QtBot, station: Station, listing: CaseList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "list.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    listing.export.setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert "您的角色不能导出" in listing.notice.accessibleName()
    assert not target.exists()
    lead = msgspec.structs.replace(station.desk.lease, roles=("lead",))
    listing._desk = replace(station.desk, lease=lead)
    choose(qtbot, station, listing.domain, "社会保险征缴")
    listing.export.setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert len(target.read_text("utf-8-sig").splitlines()) == 2


def test_nothing_begins_once_the_station_is_shut(qtbot: QtBot, station: Station, listing: CaseList) -> None:
    """A timer of the list may fire after the replica is closed and before its widgets are gone."""
    station.shut_down()
    listing.refresh()
    assert not station.tasks.busy()
    qtbot.wait(50)  # a late answer would find its widgets deleted, and fail this test
