"""What is typed into a form of the case page stays with its case: over other rows, other clerks, and a power cut."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import Session
from app.commands.open_form import read_forms
from tests.desk_kit import open_made
from tests.views.keys import ALT, CTRL, PATIENCE_MS, press, settle, type_text
from tests.views.test_bad_storage import full_disk
from tests.views.test_forms_kept import Open, lock, session, signed_in, type_pause, typed, with_lease
from tests.views.test_lock import OTHER
from tests.views.test_time import key, state_of, taken, texts
from views.station import Station
from views.widgets import KeyButton

__all__ = ["session", "signed_in"]
K = Qt.Key
ROOT = Path(__file__).parents[2]
NONE = Qt.KeyboardModifier.NoModifier


def stored(session: Session) -> dict[str, tuple[str, dict[str, str]]]:
    """What stands in the replica: form and values by case."""
    station = session.station
    desk = station.desk if isinstance(station, Station) else with_lease(open_made(session.profile.root))
    try:
        return {one.case_id: (one.form, one.values) for one in read_forms(desk)}
    finally:
        if station is None:
            desk.store.close()


def go_to(qtbot: QtBot, station: Station, case: str) -> None:
    """By the arrow keys of the list."""
    table = station.cases.table
    qtbot.waitUntil(lambda: table.rows.row_of(case) >= 0, timeout=PATIENCE_MS)
    table.setFocus()
    while table.current_key() != case:
        below = table.rows.row_of(case) > table.currentIndex().row()
        press(station, K.Key_Down if below else K.Key_Up)
    settle(qtbot, station)


def test_what_is_typed_is_written_without_any_lock(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    station = signed_in()
    case = type_pause(qtbot, station)
    before = typed(station)
    qtbot.waitUntil(lambda: stored(session).get(case) == ("pause", before), timeout=PATIENCE_MS)
    type_text(station, "d")
    qtbot.waitUntil(lambda: stored(session)[case][1]["reason"] == "abcd", timeout=PATIENCE_MS)


def test_esc_discards_nothing_and_emptying_does(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    station = signed_in()
    case = type_pause(qtbot, station)
    before = typed(station)
    key(station, K.Key_Escape, NONE)
    settle(qtbot, station)
    assert station.cases.acts.fields == {}
    station.refresh()
    settle(qtbot, station)
    assert station.cases.acts.fields == {}  # closed on purpose: it does not open by itself
    assert stored(session)[case] == ("pause", before)
    key(station, K.Key_1, ALT)
    assert typed(station) == before
    empty = next(b for b in station.cases.acts.findChildren(KeyButton) if b.text() == "清空这张表")
    empty.setFocus()
    press(station, K.Key_Space)
    assert station.cases.acts.fields == {}
    qtbot.waitUntil(lambda: stored(session) == {}, timeout=PATIENCE_MS)
    key(station, K.Key_1, ALT)
    assert typed(station)["reason"] == ""


def test_each_act_of_a_case_keeps_its_own_form(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    station = signed_in()
    type_pause(qtbot, station)
    before = typed(station)
    key(station, K.Key_2, ALT)
    type_text(station, "5")
    longer = typed(station)
    assert longer["workdays"] == "5"
    lock(qtbot, session)
    again = signed_in()
    assert typed(again) == longer
    key(again, K.Key_1, ALT)
    assert typed(again) == before
    key(again, K.Key_2, ALT)
    assert typed(again) == longer


def test_another_row_and_back(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    station = signed_in()
    other = taken(station)
    case = type_pause(qtbot, station)
    before = typed(station)
    go_to(qtbot, station, other)
    assert station.cases.acts.fields == {}
    assert "abc" not in texts(station.cases.acts)
    go_to(qtbot, station, case)
    assert typed(station) == before
    assert station.cases.table.hasFocus()  # the arrows go on in the list
    assert "上次没有办完" in station.cases.notice.text()
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    (stop,) = state_of(station, case).stoppages
    assert (stop.workdays, stop.reason) == (10, "abc")
    qtbot.waitUntil(lambda: stored(session) == {}, timeout=PATIENCE_MS)
    go_to(qtbot, station, other)
    go_to(qtbot, station, case)
    assert station.cases.acts.fields == {}


def test_a_form_that_nothing_was_typed_in_is_not_kept(
    qtbot: QtBot, session: Session, signed_in: Open
) -> None:
    station = signed_in()
    other, case = taken(station), taken(station)
    station.show_case(case)
    settle(qtbot, station)
    QApplication.processEvents()
    key(station, K.Key_1, ALT)
    assert station.cases.acts.fields
    go_to(qtbot, station, other)
    go_to(qtbot, station, case)
    assert station.cases.acts.fields == {}
    assert stored(session) == {}


def test_left_behind_another_row_it_comes_back_after_the_lock(
    qtbot: QtBot, session: Session, signed_in: Open
) -> None:
    station = signed_in()
    other = taken(station)
    case = type_pause(qtbot, station)
    before = typed(station)
    go_to(qtbot, station, other)
    lock(qtbot, session)
    stranger = signed_in(OTHER)
    stranger.show_case(case)
    settle(qtbot, stranger)
    assert stranger.cases.acts.fields == {}
    lock(qtbot, session)
    again = signed_in()
    assert again.cases.acts.fields == {}  # it was not open
    again.show_case(case)
    settle(qtbot, again)
    assert typed(again) == before


def test_on_a_full_disk_another_row_loses_nothing(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    station = signed_in()
    other = taken(station)
    case = type_pause(qtbot, station)
    station.cases.acts.fields["reason"].set_value("样例" * 20_000)  # more than the pages that are free
    before = typed(station)
    with full_disk(station.desk):
        go_to(qtbot, station, other)
        go_to(qtbot, station, case)
        assert typed(station) == before
        assert not station.may_lock()
    assert station.may_lock()
    assert stored(session)[case] == ("pause", before)


def test_a_renamed_act_keeps_its_form(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    """What is kept names the act by its id."""
    station = signed_in()
    case = type_pause(qtbot, station)
    before = typed(station)
    lock(qtbot, session)
    desk = with_lease(open_made(session.profile.root))
    (form,) = read_forms(desk)
    desk.store.close()
    assert (form.case_id, form.form, form.name) == (case, "pause", "暂停计时")
    assert not any("一" <= letter <= "鿿" for letter in form.form)
    assert typed(signed_in()) == before


def test_a_form_survives_a_kill(qtbot: QtBot, session: Session, signed_in: Open) -> None:
    """The program ends by SIGKILL right after the last key was written; the form stands open again."""
    session._put_unlock_away()
    script = textwrap.dedent(
        f"""
        import os, signal, time
        from pathlib import Path
        from PyQt6.QtCore import Qt
        from PyQt6.QtWidgets import QApplication
        app = QApplication([])
        from tests.desk_kit import open_made
        from tests.views.keys import ALT, press, type_text
        from tests.views.test_forms_kept import with_lease
        from tests.views.test_time import key, taken
        from views.station import Station
        from views.theme import apply_theme
        apply_theme(app)
        station = Station(with_lease(open_made(Path({str(session.profile.root)!r}))), Path("t"))
        station.show()
        def turn(ready):
            end = time.monotonic() + 60
            while not (ready() and not station.tasks.busy()) and time.monotonic() < end:
                app.processEvents(); time.sleep(0.01)
        station.shell.activateWindow()
        turn(lambda: station._finder is not None and station.shell.isActiveWindow())
        case = taken(station)
        station.show_case(case)
        turn(lambda: station.cases.acts.isVisible())
        key(station, Qt.Key.Key_1, ALT)
        press(station, Qt.Key.Key_Down)
        press(station, Qt.Key.Key_Tab)
        type_text(station, "7")
        press(station, Qt.Key.Key_Tab)
        written = []
        station.cases.left.kept.connect(lambda: written.append(1))
        type_text(station, "abc")
        turn(lambda: bool(written))
        print(case, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=False, timeout=120, capture_output=True, text=True
    )
    assert ended.returncode == -9, ended.stderr
    case = ended.stdout.strip()
    assert stored(session)[case][1]["reason"] == "abc"
    station = signed_in()
    assert station.shell.current_page() == "cases"
    assert (typed(station)["workdays"], typed(station)["reason"]) == ("7", "abc")
