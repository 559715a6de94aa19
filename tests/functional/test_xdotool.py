"""T1 and T2 of ui.md §9 through the real program under a real X server, typed by xdotool.

No input method runs there, so what is typed is what a keyboard sends; Chinese comes by pinyin in the palette
and by xdotool's own key map in the fields.  The outcome is read from the replica after the program has ended.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.city_hall import PASSWORD
from app.commands.sign_in import sign_in
from app.config import Profile
from app.queries.cases import find_cases
from app.queries.drafts import read_drafts
from models.domain.case import CaseStatus

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("Xvfb", "xdotool")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
PATIENCE_S = 90.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {' '.join(MISSING)}"),
]


class Screen:
    """An X server of its own at 1366×768, and a keyboard on it."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
            pass_fds=(write,),
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as told:
            self.display = f":{told.readline().strip()}"

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
        return kept | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb", "QT_IM_MODULE": "none"}

    def tool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self.environment(), capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def key(self, *keys: str) -> None:
        for one in keys:
            self.tool("key", "--clearmodifiers", one)
            time.sleep(0.15)

    def write(self, text: str) -> None:
        self.tool("type", "--delay", "40", text)
        time.sleep(0.2)

    def windows(self) -> int:
        return len(self.tool("search", "--onlyvisible", "--name", "泰好办").split())

    def close(self) -> None:
        self._server.terminate()
        self._server.wait(timeout=20)


def until(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.3)
    raise AssertionError(f"gave up waiting: {what}")


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    yield made
    made.close()


def test_ask_and_take_in_through_the_real_program(screen: Screen, tmp_path: Path) -> None:
    profile = tmp_path / "demo"
    program = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), "demo", "--profile", str(profile)],
        env=screen.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until(lambda: screen.windows() > 0, "the workstation")
        time.sleep(6)  # the first round brings the catalogue
        screen.tool("windowfocus", screen.tool("search", "--onlyvisible", "--name", "泰好办").split()[0])
        # T2: find it, look at the guide only, answer, print; the file dialog is left again.
        screen.key("F3")
        screen.write("spjyxk")
        screen.key("Right", "1", "1", "ctrl+p")
        time.sleep(2)
        screen.key("Escape", "Escape")
        # T1: the test reader's card, the item, what is missing, papers, points, 受理.
        screen.key("F7", "F9")
        time.sleep(3)
        screen.key("Return")
        time.sleep(1)
        screen.write("shbzksl")
        screen.key("Return")
        time.sleep(1)
        screen.write("13800000001")
        screen.key("Return", "2")  # no guardian
        time.sleep(1)
        screen.write("Wang Yangli")
        screen.key("Return")
        screen.write("11010519491231002X")
        screen.key("Return", "Down", "Return")
        time.sleep(1)
        screen.key(*"1111")
        time.sleep(1)
        screen.key(*"111")
        time.sleep(1)
        screen.tool("key", "ctrl+Return")
        time.sleep(4)
        screen.key("Escape")
        os.killpg(program.pid, 0)
        program.send_signal(signal.SIGINT)
        code = program.wait(timeout=60)
    finally:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
    assert code == 0
    desk = sign_in(Profile(profile / "desk"), "T0718", PASSWORD)
    try:
        rows = find_cases(desk)
        drafts = read_drafts(desk)
    finally:
        desk.store.close()
    told = (rows, [(d.step, d.fields) for d in drafts])
    assert [(row.item_name, row.status) for row in rows] == [("社会保障卡申领", CaseStatus.ACCEPTED)], told
    assert rows[0].number
    assert drafts == []  # what was only asked about left nothing behind
