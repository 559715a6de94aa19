"""An X server of its own with a keyboard on it, and a look at what it shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 1366, 768
PATIENCE_S = 90.0  # nothing is timed here: a busy machine may take as long as it likes
TICK_S = 0.03
STILL_S = 0.2
ECHO_S = 1.5
CARET = 60  # pixels: a blinking caret is no change
PLAIN = 3000  # pixels: something opened, closed or was filled in
MISSING = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None]

Pixels = np.ndarray[tuple[int], np.dtype[np.uint32]]


def until(ready: Callable[[], object], what: str) -> None:
    """Raises AssertionError when it never comes."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if ready():
            return
        time.sleep(TICK_S)
    raise AssertionError(f"gave up waiting: {what}")


class Screen:
    """1366×768.  ``key`` and ``write`` go to the window that has the focus, as a keyboard's would.

    The picture is read from the server's own memory, so that a key is sent when the one before it has
    been drawn, and none is sent by the clock.
    """

    def __init__(self, folder: Path) -> None:
        self._picture = folder / "Xvfb_screen0"
        self._known: set[str] = set()
        read, write = os.pipe()
        size = f"{WIDTH}x{HEIGHT}x24"
        self._server = subprocess.Popen(
            [
                *("Xvfb", "-displayfd", str(write), "-screen", "0", size),
                *("-fbdir", str(folder), "-nolisten", "tcp", "-noreset"),
            ],
            pass_fds=(write,),
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as told:
            self.display = f":{told.readline().strip()}"

    def environment(self) -> dict[str, str]:
        """For a program on this screen; no input method runs there."""
        kept = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
        return kept | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb", "QT_IM_MODULE": "none"}

    def tool(self, *words: str) -> str:
        """What xdotool answers, "" when it has nothing to say."""
        done = subprocess.run(
            ["xdotool", *words], env=self.environment(), capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def key(self, *keys: str) -> None:
        """One after the other, each drawn before the next."""
        for one in keys:
            before = self._look()
            self.tool("key", "--clearmodifiers", one)
            self._drawn(before)

    def shown(self, key: str) -> None:
        """A key that changes the screen for all to see; returns when it has, AssertionError if it never does."""
        before = self._look()
        self.tool("key", "--clearmodifiers", key)
        until(lambda: np.count_nonzero(before != self._look()) > PLAIN, f"{key} does something")
        self._still()

    def echoed(self, key: str) -> None:
        """A letter; returns as soon as it is drawn."""
        before = self._look()
        self.tool("key", key)
        until(lambda: np.count_nonzero(before != self._look()) > CARET, f"{key} is drawn")

    def settled(self) -> None:
        """Returns when nothing moves on the screen."""
        self._still()

    def write(self, text: str) -> None:
        """What a keyboard types, at its pace; drawn when this returns."""
        before = self._look()
        self.tool("type", "--delay", "12", text)
        self._drawn(before)

    def focus(self, title: str) -> None:
        """Give a window of this title that had it not yet the keyboard: no window manager does it."""

        def fresh() -> list[str]:
            found = self.tool("search", "--onlyvisible", "--name", title).split()
            return [window for window in found if window not in self._known]

        seen: list[str] = []

        def appeared() -> bool:
            seen.extend(fresh())  # kept: the next look may come while the server moves it
            return bool(seen)

        until(appeared, f"a window {title}")
        window = seen[0]
        self._known.add(window)
        self._still()

        def focused() -> bool:
            self.tool("windowfocus", window)  # refused while the server has not shown it yet
            return self.tool("getwindowfocus", "-f") == window

        until(focused, f"{title} has the keyboard")
        self._still()

    def close(self) -> None:
        self._server.terminate()
        self._server.wait(timeout=20)

    def _look(self) -> Pixels:
        """The pixels of now, row by row, without the header of the dump."""
        raw = self._picture.read_bytes()
        header = int.from_bytes(raw[0:4], "big") + 12 * int.from_bytes(raw[76:80], "big")
        return np.frombuffer(raw, dtype=np.uint32, count=WIDTH * HEIGHT, offset=header)

    def _drawn(self, before: Pixels) -> None:
        """Until something has changed, or nothing is going to, and it stands still."""
        deadline = time.monotonic() + ECHO_S
        while time.monotonic() < deadline and np.array_equal(before, self._look()):
            time.sleep(TICK_S)
        self._still()

    def _still(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        last, since = self._look(), time.monotonic()
        while time.monotonic() - since < STILL_S and time.monotonic() < deadline:
            time.sleep(TICK_S)
            now = self._look()
            if np.count_nonzero(now != last) > CARET:
                since = time.monotonic()
            last = now
