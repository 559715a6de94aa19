"""Files of a case on the screen: attached, dropped, shown from memory, taken out of use; offline."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QColor, QDropEvent, QImage, QPageSize, QPainter, QPdfWriter
from PyQt6.QtWidgets import QInputDialog, QLabel
from pytestqt.qtbot import QtBot

from app.commands.batch import intake_line
from app.queries.files import read_files
from app.sample import filled
from tests.desk_kit import item
from tests.views.keys import press, settle
from views.cases.viewer import FileViewer
from views.station import Station
from views.widgets import KeyButton


@pytest.fixture
def case(qtbot: QtBot, station: Station) -> str:
    made = intake_line(station.desk, filled(item("SC001"), random.Random(4), "save"))
    station.show_case(made.case_id)
    settle(qtbot, station)
    return made.case_id


def picture(path: Path) -> Path:
    image = QImage(600, 800, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    assert image.save(str(path), "JPEG")
    return path


def document(path: Path, pages: int) -> Path:
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    painter = QPainter(writer)
    for number in range(pages):
        if number:
            writer.newPage()
        painter.drawText(500, 500, f"{number + 1}")
    painter.end()
    return path


def texts(widget: object) -> list[str]:
    return [one.text() for one in widget.findChildren(QLabel)]  # type: ignore[attr-defined]  # any widget


def viewer(station: Station) -> FileViewer:
    found = station.shell.findChildren(FileViewer)
    assert found
    return found[-1]


def use(qtbot: QtBot, station: Station, text: str) -> None:
    """Go to a button of the panel, once it is there, and press Space."""

    def found() -> list[KeyButton]:
        buttons = station.cases.files.findChildren(KeyButton)
        return [b for b in buttons if b.isVisible() and b.text().strip() == text]

    qtbot.waitUntil(lambda: bool(found()) and not station.tasks.busy(), timeout=60_000)
    button = found()[0]
    button.setFocus()
    assert button.hasFocus()
    press(station, Qt.Key.Key_Space)


def open_file(qtbot: QtBot, station: Station, title: str) -> FileViewer:
    use(qtbot, station, title)
    qtbot.waitUntil(station.shell.overlay_open, timeout=60_000)
    settle(qtbot, station)
    return viewer(station)


def test_a_dropped_file_is_attached_and_shown(
    qtbot: QtBot, station: Station, case: str, tmp_path: Path
) -> None:
    panel = station.cases.files
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(picture(tmp_path / "身份证.jpg")))])
    panel.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    settle(qtbot, station)
    (row,) = read_files(station.desk, case)
    assert (row.title, row.media, row.place) == ("身份证", "image/jpeg", "waiting")
    qtbot.waitUntil(lambda: "待传" in texts(panel), timeout=60_000)
    shown = open_file(qtbot, station, "身份证")
    assert any(not one.pixmap().isNull() for one in shown.findChildren(QLabel))
    press(station, Qt.Key.Key_Escape)
    assert not station.shell.overlay_open()
    station.shell.show_page("sync")
    settle(qtbot, station)
    model = station.outbox.table.model()
    assert model is not None
    assert model.rowCount() == 2  # the case and its file


def test_a_pdf_is_shown_page_by_page(qtbot: QtBot, station: Station, case: str, tmp_path: Path) -> None:
    station.cases.files.attach(document(tmp_path / "章程.pdf", 3))
    settle(qtbot, station)
    shown = open_file(qtbot, station, "章程")
    assert sum(not one.pixmap().isNull() for one in shown.findChildren(QLabel)) == 3


@pytest.mark.qt_log_ignore("Unsupported marker")  # Qt's own word on the broken JPEG
@pytest.mark.parametrize(
    ("name", "content"),
    [("坏图.jpg", b"\xff\xd8\xff broken"), ("坏文.pdf", b"%PDF-1.7 broken"), ("表.xlsx", b"PK\x03\x04")],
)
def test_what_cannot_be_shown_is_told_in_a_sentence(
    qtbot: QtBot, station: Station, case: str, tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    station.cases.files.attach(path)
    settle(qtbot, station)
    assert any("显示不出来" in text for text in texts(open_file(qtbot, station, path.stem)))


def test_a_file_that_is_gone_or_empty_changes_nothing(
    qtbot: QtBot, station: Station, case: str, tmp_path: Path
) -> None:
    panel = station.cases.files
    panel.attach(tmp_path / "gone.pdf")
    settle(qtbot, station)
    assert "读不出来" in panel.notice.text()
    (tmp_path / "empty.pdf").touch()
    panel.attach(tmp_path / "empty.pdf")
    settle(qtbot, station)
    assert "分成几份" in panel.notice.text()
    assert read_files(station.desk, case) == []


def test_taking_a_file_out_of_use_keeps_it_with_the_reason(
    qtbot: QtBot, station: Station, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = station.cases.files
    panel.attach(picture(tmp_path / "照片.jpg"))
    settle(qtbot, station)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("底色不对", True))
    use(qtbot, station, "作废")
    settle(qtbot, station)
    assert read_files(station.desk, case)[0].void == "底色不对"
    qtbot.waitUntil(lambda: "作废：底色不对" in texts(panel), timeout=60_000)
