"""The first half second: what is loaded before the sign-in window, and that nothing done in it is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from platformdirs import user_data_dir
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.cli import main
from app.config import Profile, Settings, default_profile, read_settings, write_settings
from app.front import DEVICE_FILE, SETTINGS_FILE, default_folder, read_front
from app.start import HEAVY, Door
from models.errors import KnownError
from tests.desk_kit import ROOT, device_facts
from tests.views.keys import PATIENCE_MS, key_click, key_clicks
from views.theme import apply_theme

# Each costs milliseconds that nobody sees anything for.
LATE = {"argparse", "msgspec", "pathlib", "platformdirs", "sqlalchemy", "requests", "PyQt6.QtSvg", *HEAVY}
# So does the first touch of a class of Qt with many enums, which makes them all: one of each tells.
LATE_ENUMS = {"Qt": "WidgetAttribute", "QStyle": "PrimitiveElement"}
ENUMS = """
def enums(of=__import__("enum").Enum):
    return {of.__name__}.union(*map(enums, of.__subclasses__()))
"""
AT_PAINT = (
    ENUMS
    + """
import sys, os, json
from PyQt6.QtWidgets import QApplication
def stop(*_):
    import views.unlock.window as w
    def seen(self, event):
        print(json.dumps([sorted(sys.modules), sorted(enums())]))
        sys.stdout.flush()
        os._exit(0)
    w.UnlockWindow.paintEvent = seen
    QApplication.processEvents()
QApplication.exec = stop
from app.cli import main
main(["--profile", sys.argv[1]])
sys.exit("no window")
"""
)


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    made = Profile(tmp_path / "desk")
    made.write_device(device_facts("d1"))
    write_settings(made, Settings(theme="contrast", font_scale=115, last_staff="T0718"))
    return made


@pytest.fixture
def door(qtbot: QtBot, qapp: QApplication, profile: Profile) -> Iterator[Door]:
    apply_theme(qapp)
    made = Door(qapp, str(profile.root), read_front(str(profile.root)))
    yield made
    made.close()
    apply_theme(qapp)


def test_nothing_slow_is_loaded_before_the_window_has_painted(profile: Profile) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_PAINT, str(profile.root)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    modules, enums = json.loads(done.stdout)
    assert "views.unlock.window" in modules
    assert not LATE & set(modules)
    assert not set(LATE_ENUMS.values()) & set(enums)


def test_one_enum_tells_that_all_of_its_class_are_made() -> None:
    touch = (
        "from PyQt6.QtCore import Qt; from PyQt6.QtWidgets import QStyle; Qt.AlignmentFlag; QStyle.StateFlag"
    )
    code = f"{ENUMS}\n{touch}\nprint(*enums())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(LATE_ENUMS.values()) <= set(done.stdout.split())


def test_the_front_says_what_the_profile_says(profile: Profile) -> None:
    front, facts, chosen = read_front(str(profile.root)), profile.read_device(), read_settings(profile)
    assert (profile.device_file.name, profile.settings_file.name) == (DEVICE_FILE, SETTINGS_FILE)
    assert front.place == f"{facts.hall_name} · {facts.window_name}"
    assert (front.device, front.staff) == (facts.device, chosen.last_staff)
    assert (front.theme, front.scale) == (chosen.theme, chosen.font_scale)


@pytest.mark.parametrize("settings", [b"", b"[]", b"{", b'{"theme": 7, "font_scale": "big"}', b"\xff"])
def test_damaged_settings_cost_only_the_looks(profile: Profile, settings: bytes) -> None:
    profile.settings_file.write_bytes(settings)
    front = read_front(str(profile.root))
    assert (front.device, front.theme, front.scale) == ("d1", "light", 100)


@pytest.mark.parametrize("base", ["", "  ", "/srv/data"])
def test_the_users_own_folder_is_platformdirs(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", base)
    assert default_folder() == user_data_dir("taihaoban", appauthor=False) == str(default_profile().root)


@pytest.mark.parametrize("device", [None, b"", b"{", b"[1]", b'{"device": "d1"}'])
def test_a_machine_that_cannot_say_who_it_is_opens_no_window(
    profile: Profile, device: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if device is None:
        profile.device_file.unlink()
    else:
        profile.device_file.write_bytes(device)
    with pytest.raises(KnownError) as told:
        profile.read_device()
    assert main(["--profile", str(profile.root)]) == 1
    assert capsys.readouterr().err.strip() == str(told.value)


def test_the_options_of_the_window_are_those_of_argparse(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (
        ["--devices", "none"],
        ["--profile"],
        ["--profile", "--devices"],
        ["--what"],
        ["--devices="],
    ):
        with pytest.raises(SystemExit) as end:
            main(wrong)
        assert end.value.code == 2
        assert "--help" in capsys.readouterr().err
    for place in (["--profile=/nowhere"], ["--profile", "/nowhere", "--devices=test"]):
        assert main(place) == 1
        assert "没有登记" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["hub", "desk"])
def test_a_profile_may_be_called_like_a_command(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--profile", word, "desk", "cases", "--staff", "T0718"]) == 1
    assert main(["desk", "cases", "--staff", "T0718", "--profile", word]) == 1
    assert capsys.readouterr().err.count("没有登记") == 2


def test_a_password_given_before_everything_is_loaded_is_used(qtbot: QtBot, door: Door) -> None:
    window = door.window
    assert window.staff.text() == "T0718"
    key_clicks(window.password, "wrong-but-typed")
    key_click(window.password, Qt.Key.Key_Return)
    assert not window._button.isEnabled()
    # Nobody is known here: the sentence proves that signing in was tried.
    qtbot.waitUntil(lambda: "没有可以解锁的人员" in window._notice.text(), timeout=PATIENCE_MS)
    assert door.session is not None
    assert door.session.unlock is window
    assert window._button.isEnabled()
    assert window.password.text() == "wrong-but-typed"


def test_a_registration_that_is_damaged_behind_the_front_is_told(
    qtbot: QtBot, door: Door, profile: Profile
) -> None:
    whole = json.loads(profile.device_file.read_bytes())
    del whole["hub_url"]
    profile.device_file.write_text(json.dumps(whole), encoding="utf-8")
    assert read_front(str(profile.root)).device == "d1"
    qtbot.waitUntil(lambda: "登记信息读不出来" in door.window._notice.text(), timeout=PATIENCE_MS)


def test_closed_at_once_it_leaves_nothing(qapp: QApplication, profile: Profile) -> None:
    made = Door(qapp, str(profile.root), read_front(str(profile.root)))
    QApplication.processEvents()
    made.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert made.session is None or made.session.unlock is None
