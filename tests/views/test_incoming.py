"""Files dropped on the material step and files of the watched folder, while the case is open."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
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


def endless_pages() -> bytes:
    """A page tree that is its own child."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\ntrailer<</Root 1 0 R/Size 3>>\n%%EOF"
    )


def many_pages() -> bytes:
    """100,000 leaves that are one page."""
    kids = b" ".join([b"3 0 R"] * 100_000)
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids["
        + kids
        + b"]/Count 100000>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
        b"trailer<</Root 1 0 R/Size 4>>\n%%EOF"
    )


def locked_pdf() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("cut.pdf", lambda folder: pdf(folder / "whole.pdf", 40).read_bytes()[:300]),
        ("endless.pdf", lambda _: endless_pages()),
        ("many.pdf", lambda _: many_pages()),
        ("locked.pdf", lambda _: locked_pdf()),
        ("broken.jpg", lambda _: b"\xff\xd8\xff\xe0" + bytes(5000)),
        ("empty.pdf", lambda _: b""),
    ],
)
def test_a_hostile_file_is_one_sentence_and_costs_nothing(
    qtbot: QtBot, station: Station, tmp_path: Path, name: str, make: Callable[[Path], bytes]
) -> None:
    materials(qtbot, station)
    said: list[str] = []
    station.devices.incoming.said.connect(said.append)
    path = tmp_path / name
    path.write_bytes(make(tmp_path))
    content = path.read_bytes()
    drop(qtbot, station, 0, path)
    objections = [text for text in said if "没有采用" in text]
    assert len(objections) == 1, said
    assert files(station) == []
    assert path.read_bytes() == content
    assert station.workbench.sheet is not None
    assert station.workbench.sheet.get("applicant.name") == "王样例"
