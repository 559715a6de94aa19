"""Files dropped on the material step and files of the watched folder, while the case is open."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from app.queries.files import FileRow, read_files
from devices.watched import DONE
from models.domain.case import Receipt
from tests.views.keys import ALT, press, settle, start_item, type_text
from views.station import Station


def pdf(path: Path, pages: int) -> Path:
    out = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page()
        document.save(out)
    path.write_bytes(out.getvalue())
    return path


def message(station: Station) -> str:
    return station.shell._message.accessibleName()


def materials(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "shbzksl")
    type_text(station, "王样例")
    press(station, Qt.Key.Key_4, ALT)
    settle(qtbot, station)


def drop(qtbot: QtBot, station: Station, row: int, *paths: Path) -> None:
    step = station.workbench.materials
    table = step.table
    place = table.visualRect(table.rows.index(row, 1)).center()
    viewport = table.viewport()
    assert viewport is not None
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    step.dropEvent(
        QDropEvent(
            QPointF(viewport.mapTo(step, place)), Qt.DropAction.CopyAction, mime,
            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )
    )  # fmt: skip
    settle(qtbot, station)


def files(station: Station) -> list[FileRow]:
    assert station.workbench.sheet is not None
    return read_files(station.desk, station.workbench.sheet.case_id)


def test_a_file_dropped_on_a_row_belongs_to_that_material(
    qtbot: QtBot, station: Station, tmp_path: Path
) -> None:
    materials(qtbot, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    second = sheet.materials()[1]
    drop(qtbot, station, 1, pdf(tmp_path / "章程.pdf", 200))
    (row,) = files(station)
    assert (row.title, row.material, row.pages) == (second.name, second.id, 200)
    assert sheet.get(f"material.{second.id}") == Receipt.ELECTRONIC
    assert sheet.get("applicant.name") == "王样例"
    source = station.workbench.materials.table.rows.index(1, 3)
    assert "附 1" in str(source.data())


def test_several_files_at_once_and_a_bad_one_among_them(
    qtbot: QtBot, station: Station, tmp_path: Path
) -> None:
    materials(qtbot, station)
    bad = tmp_path / "坏.jpg"
    bad.write_bytes(b"\xff\xd8\xff broken")
    text = tmp_path / "文字.png"
    text.write_bytes("申请".encode() * 1_700_000)
    drop(qtbot, station, 0, pdf(tmp_path / "甲.pdf", 1), bad, text, pdf(tmp_path / "乙.pdf", 2))
    assert sorted(row.pages for row in files(station)) == [1, 2]
    assert "没有采用" in message(station)
    assert bad.exists()


def test_watched_files_are_offered_and_taken_only_by_the_clerk(
    qtbot: QtBot, station: Station, tmp_path: Path
) -> None:
    folder = tmp_path / "扫描"
    folder.mkdir()
    station.devices.watching.watch(str(folder))
    materials(qtbot, station)
    path = pdf(folder / "scan0001.pdf", 3)
    for _ in range(2):
        settle(qtbot, station)
        station.devices.watching.look()
    settle(qtbot, station)
    offer = station.workbench.materials.offer
    assert offer.isVisible()
    assert "1 个新文件" in message(station)
    assert files(station) == []
    assert path.exists()
    offer.take.setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert [row.pages for row in files(station)] == [3]
    assert not path.exists()
    assert (folder / DONE / "scan0001.pdf").exists()
    assert not offer.isVisible()


def test_what_is_turned_down_stays_in_the_folder(qtbot: QtBot, station: Station, tmp_path: Path) -> None:
    path = pdf(tmp_path / "scan0001.pdf", 1)
    materials(qtbot, station)
    station.devices.watching.watch(str(tmp_path))
    settle(qtbot, station)
    station.devices.watching.look()
    settle(qtbot, station)
    offer = station.workbench.materials.offer
    offer.leave.setFocus()
    press(station, Qt.Key.Key_Space)
    station.devices.watching.look()
    settle(qtbot, station)
    assert not offer.isVisible()
    assert path.exists()
    assert files(station) == []


def test_a_bad_watched_file_is_not_moved(qtbot: QtBot, station: Station, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"%PDF-1.7 broken")
    materials(qtbot, station)
    station.devices.watching.watch(str(folder))
    settle(qtbot, station)
    station.devices.watching.look()
    settle(qtbot, station)
    station.workbench.materials.offer.take.setFocus()
    press(station, Qt.Key.Key_Space)
    settle(qtbot, station)
    assert "打不开" in message(station)
    assert (folder / "a.pdf").exists()
    assert files(station) == []
