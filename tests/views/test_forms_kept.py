"""What is typed into a form of the case page comes back after the lock, to the clerk who typed it only."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import Session
from app.commands import after
from app.commands.context import Desk
from app.config import Profile, Settings
from models.crypto import KdfParameters
from models.domain.procedures import Decision
from models.keys import DeviceSecrets, Keyring
from tests.desk_kit import DATA_KEY, make_desk, open_made
from tests.views.keys import ALT, CTRL, PATIENCE_MS, press, settle, type_text
from tests.views.test_bad_storage import full_disk
from tests.views.test_lock import MINE, OTHER, WORD, enter, station_of, unlock_of
from tests.views.test_owed import deferred, use
from tests.views.test_time import key, state_of, taken, texts
from views.station import Station
from views.theme import apply_theme

K = Qt.Key
Open = Callable[..., Station]


def with_lease(desk: Desk, staff: str = MINE) -> Desk:
    lease = msgspec.structs.replace(desk.lease, staff=staff, roles=("window", "reviewer"), expires_ms=2**42)
    return replace(desk, lease=lease)


@pytest.fixture
def session(qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    apply_theme(qapp)
    desk = make_desk(tmp_path)
    profile = Profile(tmp_path)
    profile.write_device(desk.device)
    secrets = DeviceSecrets(data_key=DATA_KEY, device_key=desk.device_key)
    Keyring.create(tmp_path, MINE, WORD, secrets, KdfParameters(n=2**10))
    desk.store.close()
    made = Session(qapp, profile, Settings(last_staff=MINE))
    made.lock()
    yield made
    made.close()


@pytest.fixture
def signed_in(qtbot: QtBot, session: Session) -> Open:
    def sign_in(staff: str = MINE) -> Station:
        session.open_desk(with_lease(open_made(session.profile.root), staff))
        station = station_of(session)
        station.shell.activateWindow()
        qtbot.waitUntil(station.shell.isActiveWindow, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: bool(station._offline_since), timeout=PATIENCE_MS)
        settle(qtbot, station)
        return station

    return sign_in


def lock(qtbot: QtBot, session: Session) -> None:
    press(station_of(session), K.Key_L, CTRL)
    qtbot.waitUntil(lambda: session.unlock is not None, timeout=PATIENCE_MS)


def type_pause(qtbot: QtBot, station: Station) -> str:
    """The form of 暂停计时 by keys: procedure, days, reason."""
    case = taken(station)
    station.show_case(case)
    settle(qtbot, station)
    QApplication.processEvents()
    key(station, K.Key_1, ALT)
    press(station, K.Key_Down)
    press(station, K.Key_Tab)
    type_text(station, "10")
    press(station, K.Key_Tab)
    type_text(station, "abc")
    return case


def typed(station: Station) -> dict[str, str]:
    return {name: field.value() for name, field in station.cases.acts.fields.items()}


def test_a_form_comes_back_to_its_clerk_and_to_nobody_else(
    qtbot: QtBot, session: Session, signed_in: Open
) -> None:
    station = signed_in()
    case = type_pause(qtbot, station)
    before = typed(station)
    assert before["workdays"] == "10"
    assert before["reason"] == "abc"
    assert before["procedure"]
    lock(qtbot, session)
    assert session.station is None
    other = signed_in(OTHER)
    assert other.cases.acts.fields == {}
    other.show_case(case)
    settle(qtbot, other)
    assert other.cases.acts.fields == {}
    assert "abc" not in texts(other.shell)
    lock(qtbot, session)
    again = signed_in()
    assert again.shell.current_page() == "cases"
    assert typed(again) == before
    again.refresh()
    settle(qtbot, again)
    assert typed(again) == before  # the list was read meanwhile
    press(again, K.Key_Return, CTRL)
    settle(qtbot, again)
    (stop,) = state_of(again, case).stoppages
    assert (stop.workdays, stop.reason) == (10, "abc")
    lock(qtbot, session)
    assert signed_in().cases.acts.fields == {}  # it is done


def test_a_form_that_was_put_away_does_not_come_back(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    station = signed_in()
    type_pause(qtbot, station)
    key(station, K.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert station.cases.acts.fields == {}
    lock(qtbot, session)
    assert signed_in().cases.acts.fields == {}


def test_what_can_no_longer_be_done_is_told_with_its_words(
    qtbot: QtBot, session: Session, signed_in: Open
) -> None:
    station = signed_in()
    case = type_pause(qtbot, station)
    lock(qtbot, session)
    desk = with_lease(open_made(session.profile.root))
    after.decide(desk, case, Decision.GRANT)
    desk.store.close()
    again = signed_in()
    assert again.cases.acts.fields == {}
    assert "abc" in again.cases.notice.text()
    assert "暂停计时" in again.cases.notice.text()


def test_on_a_full_disk_the_form_waits_behind_the_lock(
    qtbot: QtBot, session: Session, signed_in: Open
) -> None:
    station = signed_in()
    type_pause(qtbot, station)
    before = typed(station)
    station.cases.acts.fields["reason"].set_value("样例" * 20_000)  # more than the pages that are free
    before["reason"] = station.cases.acts.fields["reason"].value()
    with full_disk(station.desk):
        lock(qtbot, session)
        assert session.station is station
        assert not station.shell.isVisible()
        assert "没有丢" in unlock_of(session)._notice.text()
        enter(session, MINE, WORD)
        qtbot.waitUntil(station.shell.isVisible, timeout=PATIENCE_MS)
        assert typed(station) == before
    lock(qtbot, session)
    assert session.station is None
    assert typed(signed_in()) == before


def test_what_is_owed_comes_back_half_entered(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    station = signed_in()
    case = deferred(station.desk)
    station.show_case(case)
    settle(qtbot, station)
    use(qtbot, station, "登记补齐")
    QApplication.processEvents()
    owed = station.cases.owed
    owed.points.setFocus()
    press(station, K.Key_2)
    owed.fields["note"].editor.setFocus()
    type_text(station, "abc")
    before = owed.open_form()
    assert before[2]["note"] == "abc"
    assert list(before[3].values()) == ["fail"]
    lock(qtbot, session)
    assert signed_in(OTHER).cases.owed.fields == {}
    lock(qtbot, session)
    again = signed_in()
    assert again.cases.owed.open_form() == before
    again.refresh()
    settle(qtbot, again)
    assert again.cases.owed.open_form() == before


def test_nothing_of_a_case_stays_in_memory_behind_the_sign_in_window(
    qtbot: QtBot, session: Session, signed_in: Open
) -> None:
    station = signed_in()
    type_pause(qtbot, station)
    state = station.cases.open_state()
    assert state is not None
    watched: list[weakref.ref[object]] = [
        weakref.ref(station),
        weakref.ref(station.workbench),
        weakref.ref(station.cases),
    ]
    del station, state
    lock(qtbot, session)
    qtbot.waitUntil(lambda: [ref() for ref in watched] == [None, None, None], timeout=PATIENCE_MS)
