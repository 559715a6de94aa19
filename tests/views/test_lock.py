"""The lock comes in any case: what cannot be written waits behind it for the clerk who typed it, and shows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QApplication, QInputDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap import ELSE, Session
from app.config import Profile, Settings
from app.queries.drafts import read_drafts
from models.crypto import KdfParameters
from models.keys import DeviceSecrets, Keyring
from tests.desk_kit import DATA_KEY, make_desk, open_made
from tests.views.keys import CTRL, PATIENCE_MS, press, start_item, type_text
from tests.views.test_bad_screen_input import paste
from tests.views.test_bad_storage import full_disk, locked
from views.peripherals.capture import Capture, Target
from views.station import Station
from views.theme import apply_theme
from views.unlock.window import UnlockWindow

K = Qt.Key
MINE, OTHER = "T0718", "T0719"
LONG = "样例路" * 10_000  # more than the pages that are free
CHEAP = KdfParameters(n=2**10)
WORD = "样例口令-一二三"


@pytest.fixture
def session(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    apply_theme(qapp)
    desk = make_desk(tmp_path)
    profile = Profile(tmp_path)
    profile.write_device(desk.device)
    secrets = DeviceSecrets(data_key=DATA_KEY, device_key=desk.device_key)
    ring = Keyring.create(tmp_path, MINE, WORD, secrets, CHEAP)
    ring.add(OTHER, WORD, secrets, CHEAP)
    made = Session(qapp, profile, Settings(last_staff=MINE))
    made.lock()
    made.open_desk(desk)
    station = made.station
    assert isinstance(station, Station)
    station.shell.activateWindow()
    qtbot.waitUntil(station.shell.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(station._offline_since) and not station.tasks.busy(), timeout=PATIENCE_MS)
    yield made
    made.close()


def station_of(session: Session) -> Station:
    assert isinstance(session.station, Station)
    return session.station


def unlock_of(session: Session) -> UnlockWindow:
    assert session.unlock is not None
    return session.unlock


def seen() -> list[QWidget]:
    return [w for w in QApplication.topLevelWidgets() if w.isVisible()]


def type_too_much(qtbot: QtBot, station: Station) -> None:
    """On a full disk: the name is written, the address is on the screen only."""
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    page.identity.focus_path("applicant.name")
    type_text(station, "abc")
    qtbot.waitUntil(lambda: not station.tasks.busy(), timeout=PATIENCE_MS)
    page.identity.focus_path("applicant.address")


def lock_full(qtbot: QtBot, session: Session) -> None:
    station = station_of(session)
    paste(LONG)
    press(station, K.Key_V, CTRL)
    qtbot.waitUntil(lambda: station.workbench.writing.failing, timeout=PATIENCE_MS)
    station.shell.activateWindow()
    qtbot.waitUntil(station.shell.isActiveWindow, timeout=PATIENCE_MS)
    press(station, K.Key_L, CTRL)
    qtbot.waitUntil(lambda: session.unlock is not None, timeout=PATIENCE_MS)


def enter(session: Session, staff: str, word: str) -> None:
    window = unlock_of(session)
    window.staff.setText(staff)
    window.password.setText(word)
    window._try()


def test_the_lock_covers_what_cannot_be_written_and_gives_it_back(qtbot: QtBot, session: Session) -> None:
    station = station_of(session)
    type_too_much(qtbot, station)
    station.visitor.preview()
    with full_disk(station.desk):
        lock_full(qtbot, session)
        assert seen() == [unlock_of(session)]
        assert "没有丢" in unlock_of(session)._notice.text()
        assert session.station is station  # nothing was closed
        # Somebody else is let in to nothing, and a wrong password neither.
        enter(session, OTHER, WORD)
        qtbot.waitUntil(lambda: unlock_of(session)._notice.text() == ELSE, timeout=PATIENCE_MS)
        enter(session, MINE, "falsch")
        qtbot.waitUntil(lambda: "口令" in unlock_of(session)._notice.text(), timeout=PATIENCE_MS)
        assert seen() == [unlock_of(session)]
        enter(session, MINE, WORD)
        qtbot.waitUntil(station.shell.isVisible, timeout=PATIENCE_MS)
        assert session.unlock is None
        assert session.station is station
        editor = station.workbench.identity.fields["applicant.address"].editor
        assert isinstance(editor, QLineEdit)
        assert editor.text() == LONG
        assert station.visitor.window.isVisible()
    station.workbench.writing._try_again()
    qtbot.waitUntil(lambda: not station.workbench.writing.failing, timeout=PATIENCE_MS)
    (draft,) = read_drafts(station.desk)
    assert draft.fields["applicant.address"] == LONG


def test_once_there_is_room_it_is_written_and_the_desk_closed_as_ever(qtbot: QtBot, session: Session) -> None:
    station = station_of(session)
    type_too_much(qtbot, station)
    with full_disk(station.desk):
        lock_full(qtbot, session)
        session._ticks = 4
        session._tick()
        assert session.station is station
    session._ticks = 9
    session._tick()
    assert session.station is None
    assert not unlock_of(session)._notice.isVisible()
    desk = open_made(session.profile.root)
    (draft,) = read_drafts(desk)
    desk.store.close()
    assert draft.fields["applicant.address"] == LONG


def test_another_clerk_comes_in_once_it_is_written(qtbot: QtBot, session: Session) -> None:
    station = station_of(session)
    type_too_much(qtbot, station)
    with full_disk(station.desk):
        lock_full(qtbot, session)
    enter(session, OTHER, WORD)
    qtbot.waitUntil(lambda: session.station is None, timeout=PATIENCE_MS)
    # This one has no lease here: the words are safe, and they are told so by the ordinary sentence.
    qtbot.waitUntil(lambda: bool(unlock_of(session)._notice.text()), timeout=PATIENCE_MS)
    assert unlock_of(session)._notice.text() != ELSE


def test_a_locked_screen_of_a_page_that_cannot_be_kept_keeps_the_page(qtbot: QtBot, session: Session) -> None:
    station = station_of(session)
    start_item(qtbot, station, "gssldj")
    sheet = station.workbench.sheet
    assert sheet is not None
    target = Target(sheet.case_id, sheet.item.id, "", "样例")
    capture = station.devices._captures[target.case_id, ""] = Capture(target, station.tasks, station)
    from devices.pages.samples import sheet as sample

    capture.shoot(sample(1))
    qtbot.waitUntil(lambda: not capture.working, timeout=PATIENCE_MS)
    with locked(station.desk):
        assert not station.may_lock()
        assert len(capture.pages) == 1
    assert station.may_lock()
    assert station.devices._captures == {}


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen plugin, of a dialog
def test_the_lock_takes_a_dialog_away(qtbot: QtBot, session: Session) -> None:
    station = station_of(session)

    def lock() -> None:
        assert QApplication.activeModalWidget() is not None
        station.shell.lock_requested.emit()

    QTimer.singleShot(0, lock)
    text, given = QInputDialog.getText(station.shell, "作废附件", "原因")
    assert (text, given) == ("", False)
    qtbot.waitUntil(lambda: session.unlock is not None, timeout=PATIENCE_MS)
    assert seen() == [unlock_of(session)]
