"""Storage that fails while somebody types (issue 5): all stays on the screen, one sentence, then it is written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot
from sqlalchemy import event

from app.commands.context import Desk
from app.queries.drafts import read_drafts
from models.errors import KnownError
from models.sqlcipher import make_engine
from tests.desk_kit import DATA_KEY
from tests.views.keys import CTRL, PATIENCE_MS, press, settle, start_item, type_text
from tests.views.test_bad_screen_input import paste
from views.station import Station

K = Qt.Key
LONG = "样例路" * 3000  # more than the pages that are free


@contextlib.contextmanager
def told_each(desk: Desk, *pragmas: str) -> Iterator[None]:
    """Every connection of the replica gets these, until the block ends."""

    def tell(raw: Any, *_: object) -> None:
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}").fetchone()

    engine = desk.store._engine
    event.listen(engine, "checkout", tell)
    try:
        yield
    finally:
        event.remove(engine, "checkout", tell)


@contextlib.contextmanager
def full_disk(desk: Desk) -> Iterator[None]:
    """SQLite is told that the file may not grow."""
    with desk.store.read() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    with told_each(desk, f"max_page_count = {pages}"):
        yield
    desk.store._engine.dispose()  # a connection that was told so stays told


@contextlib.contextmanager
def locked(desk: Desk) -> Iterator[None]:
    """Another connection holds the write lock, and nobody waits long for it."""
    engine = make_engine(desk.store.path, DATA_KEY)
    with told_each(desk, "busy_timeout = 50"):
        with engine.connect() as other:
            other.exec_driver_sql("BEGIN IMMEDIATE")
            yield
            other.exec_driver_sql("ROLLBACK")
        engine.dispose()


def told(station: Station, words: str) -> list[str]:
    """The labels in sight that say so."""
    return [
        one.text() for one in station.shell.findChildren(QLabel) if one.isVisible() and words in one.text()
    ]


@pytest.mark.parametrize(("trouble", "words"), [(full_disk, "磁盘已满"), (locked, "副本正被占用")])
def test_a_draft_that_cannot_be_written_stays_and_is_written_later(
    qtbot: QtBot, station: Station, trouble: Any, words: str
) -> None:
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    page.identity.focus_path("applicant.name")
    type_text(station, "abc")
    settle(qtbot, station)
    page.identity.focus_path("applicant.address")
    with trouble(station.desk):
        paste(LONG)
        press(station, K.Key_V, CTRL)
        qtbot.waitUntil(lambda: page.writing.failing, timeout=PATIENCE_MS)
        assert len(told(station, words)) == 1
        case = page.sheet
        press(station, K.Key_F7)  # another visitor must not cost the case of this one
        assert page.sheet is case
        assert not station.may_lock()
        assert len(told(station, words)) == 1
        editor = page.identity.fields["applicant.address"].editor
        assert isinstance(editor, QLineEdit)
        assert editor.text() == LONG
        assert [d.fields.get("applicant.address") for d in read_drafts(station.desk)] == [None]
    qtbot.waitUntil(lambda: not page.writing.failing, timeout=PATIENCE_MS)
    settle(qtbot, station)
    (draft,) = read_drafts(station.desk)
    assert draft.fields["applicant.name"] == "abc"
    assert draft.fields["applicant.address"] == LONG
    assert told(station, words) == []
    assert station.may_lock()


def test_a_set_that_cannot_be_written_holds_the_lock_up(qtbot: QtBot, station: Station) -> None:
    station.bundles.start("YJ001", {})
    settle(qtbot, station)
    page = station.bundles
    with full_disk(station.desk):
        page._edited("applicant.address", LONG)
        settle(qtbot, station)
        assert not station.may_lock()
        assert len(told(station, "磁盘已满")) == 1
        with pytest.raises(KnownError, match="磁盘已满"):
            page.flush()
    assert station.may_lock()
    assert [d.fields["applicant.address"] for d in read_drafts(station.desk)] == [LONG]
