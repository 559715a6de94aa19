"""What a case owes after acceptance, closed from its page by keyboard over a real replica."""

from __future__ import annotations

import datetime as dt
import random
from io import BytesIO

import msgspec
import pytest
from docx import Document
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot
from sqlalchemy import insert, select

from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import entry_fields, wanting_lines
from app.commands.context import Desk
from app.queries.cases import read_state
from app.sample import filled
from models.device import set_meta
from models.domain.catalog import Catalog, DayLimit, Item, Material, decode_catalog, encode_catalog
from models.domain.correction import LAPSED_CHOICES
from models.tables import replica as t
from tests.desk_kit import FixedClock, catalog_bytes, item
from tests.views.keys import CTRL, press, settle, type_text
from views.station import Station
from views.widgets import KeyButton


def judged(of: Item, paper: Material) -> bool:
    """A paper that may be deferred in every situation and has points of its own."""
    own = any(point.material == paper.id for point in of.points)
    return paper.need == "deferrable" and not paper.when.all_of and own


DEFERRING = next(
    of
    for of in decode_catalog(catalog_bytes()).items
    if of.deferral_allowed
    and not of.red_line
    and of.promised.binding
    and not of.accepted_in
    and any(judged(of, m) for m in of.materials)
)
PAPER = next(m for m in DEFERRING.materials if judged(DEFERRING, m))


def deferred(desk: Desk) -> str:
    """A case that was accepted with one paper still owed."""
    fields = entry_fields(DEFERRING, filled(item(DEFERRING.id), random.Random(2), "accept"))
    fields = {path: value for path, value in fields.items() if not path.startswith(f"material.{PAPER.id}")}
    fields[f"material.{PAPER.id}"] = "deferred"
    made = Entry(case_id=desk.make_id(), item_id=DEFERRING.id, fields=fields)
    intake.accept(desk, made)
    return made.case_id


@pytest.fixture
def case(qtbot: QtBot, station: Station) -> str:
    made = deferred(station.desk)
    station.show_case(made)
    settle(qtbot, station)
    return made


def use(qtbot: QtBot, station: Station, text: str) -> None:
    def found() -> list[KeyButton]:
        buttons = station.cases.owed.findChildren(KeyButton)
        return [b for b in buttons if b.isVisible() and b.accessibleName() == text]

    qtbot.waitUntil(lambda: bool(found()) and not station.tasks.busy(), timeout=60_000)
    found()[0].setFocus()
    press(station, Qt.Key.Key_Space)


def shown(station: Station) -> list[str]:
    return [one.text() for one in station.cases.owed.findChildren(QLabel) if one.isVisible()]


def test_a_deferred_material_is_listed_and_made_up(qtbot: QtBot, station: Station, case: str) -> None:
    assert any(PAPER.name in text for text in shown(station))
    place = station.cases.list.status.findData("to do")
    station.cases.list.status.setCurrentIndex(place)
    station.cases.list.status.activated.emit(place)
    settle(qtbot, station)
    assert station.cases.table.current_key() == case
    use(qtbot, station, "登记补齐")
    owed = station.cases.owed
    qtbot.waitUntil(
        lambda: any(b.isVisible() and "记入办件" in b.text() for b in owed.findChildren(KeyButton))
    )
    combo = owed.fields["form"].editor
    assert isinstance(combo, QComboBox)
    assert combo.currentData() == "paper"  # what most bring; a scan says so by itself
    count = owed.points.rows.rowCount()
    assert count > 0
    press(station, Qt.Key.Key_Return, CTRL)
    assert "还没有判完" in owed.notice.text()
    owed.points.setFocus()
    press(station, Qt.Key.Key_2)
    for _ in range(count - 1):
        press(station, Qt.Key.Key_1)
    press(station, Qt.Key.Key_Return, CTRL)
    assert "不能算补齐" in owed.notice.text()
    owed.points.go_to(owed.points.rows.key(0))
    owed.points.setFocus()
    press(station, Qt.Key.Key_1)
    combo.setCurrentIndex(0)
    press(station, Qt.Key.Key_Return, CTRL)
    assert "没有选" in owed.notice.text()  # nothing chosen: nothing done
    owed.scanned()
    assert combo.currentData() == "scan"
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    state = read_state(station.desk, case)
    assert state is not None
    assert [duty.open for duty in state.duties] == [False]
    qtbot.waitUntil(lambda: not station.cases.owed.isVisible(), timeout=60_000)


def test_the_papers_of_a_deferral_are_printed_from_the_page(
    qtbot: QtBot, station: Station, case: str
) -> None:
    buttons = station.cases.findChildren(KeyButton)
    titles = [b.text().strip() for b in buttons if b.isVisible() and "容缺受理" in b.text()]
    assert [text.split()[0] for text in titles] == ["容缺受理承诺书", "容缺受理通知书"]
    button = next(b for b in buttons if b.isVisible() and "容缺受理承诺书" in b.text())
    button.setFocus()
    press(station, Qt.Key.Key_Space)
    qtbot.waitUntil(station.shell.overlay_open, timeout=60_000)
    with station.desk.store.read() as conn:
        rows = conn.execute(select(t.document.c.title, t.document.c.data)).all()
    assert [row.title for row in rows] == ["容缺受理承诺书"]
    text = "\n".join(
        cell.text
        for table in Document(BytesIO(rows[0].data)).tables
        for row in table.rows
        for cell in row.cells
    )
    paragraphs = "\n".join(p.text for p in Document(BytesIO(rows[0].data)).paragraphs)
    assert PAPER.name in text + paragraphs


def test_going_back_does_nothing(qtbot: QtBot, station: Station, case: str) -> None:
    use(qtbot, station, "登记补齐")
    use(qtbot, station, "返回")
    assert station.cases.owed.fields == {}
    state = read_state(station.desk, case)
    assert state is not None
    assert state.duties[0].open


def test_a_later_catalogue_asks_for_a_look(qtbot: QtBot, station: Station, case: str) -> None:
    old = decode_catalog(catalog_bytes())
    longer = DayLimit(days=(DEFERRING.promised.days or 0) + 3, basis=DEFERRING.promised.basis)
    items = tuple(
        msgspec.structs.replace(of, promised=longer) if of.id == DEFERRING.id else of for of in old.items
    )
    later = Catalog(version="2026.11.24-r0009", departments=old.departments, items=items)
    with station.desk.store.write() as conn:
        conn.execute(
            insert(t.catalog).values(
                version=later.version, data=encode_catalog(later), signature=b"", received_ms=2
            )
        )
        set_meta(conn, "catalog_version", later.version.encode())
    station.show_case(case)
    settle(qtbot, station)
    assert any(later.version in text for text in shown(station))
    use(qtbot, station, "复核完毕")
    type_text(station, "按受理时的目录继续办")
    use(qtbot, station, "记入办件")
    settle(qtbot, station)
    state = read_state(station.desk, case)
    assert state is not None
    assert any("按受理时的目录继续办" in note.text for note in state.notes)
    qtbot.waitUntil(lambda: not any(later.version in text for text in shown(station)), timeout=60_000)


def test_a_correction_that_lapsed_is_told_with_what_may_lawfully_follow(
    qtbot: QtBot, station: Station
) -> None:
    desk, of = station.desk, item("SC001")
    line = filled(of, random.Random(2), "supplement")
    fields = entry_fields(of, line)
    entry = Entry(case_id=desk.make_id(), item_id=of.id, fields=fields)
    today = desk.clock.now().day
    until = today + dt.timedelta(days=3)
    intake.supplement(desk, entry, wanting_lines(of, fields, line), until.isoformat())
    station.show_case(entry.case_id)
    settle(qtbot, station)
    assert not any("补正已过" in text for text in shown(station))
    assert isinstance(desk.clock, FixedClock)
    desk.clock.now_ms += 4 * 86_400_000
    station.cases.refresh()
    settle(qtbot, station)
    said = shown(station)
    assert f"补正已过 {until:%m-%d}" in said
    ledger = [one.text() for one in station.cases.findChildren(QLabel) if "不能自动退件" in one.text()]
    assert ledger == [LAPSED_CHOICES]
    place = station.cases.list.status.findData("to do")
    station.cases.list.status.setCurrentIndex(place)
    station.cases.list.status.activated.emit(place)
    settle(qtbot, station)
    assert station.cases.table.current_key() == entry.case_id
