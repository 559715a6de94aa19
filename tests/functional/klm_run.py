"""A clerk of the keystroke model: presses real keys on the real widgets, and counts keys and mental steps."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QInputMethodEvent
from PyQt6.QtWidgets import QApplication, QWidget

from tests.views.keys import key_click
from views.station import Station

K = Qt.Key
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
KEY_S, FAST_S, THINK_S = 0.28, 0.20, 1.35
PATIENCE_S = 60.0


@dataclass
class Run:
    """One task under way: what was pressed, decided, and left to devices."""

    name: str
    app: QApplication
    station: Station
    m: int = 0
    k: int = 0
    devices: list[str] = field(default_factory=list)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE, *, think: bool = True) -> None:
        """One key, with its modifier, to whatever has the focus."""
        self.m += think
        self.k += 1 if modifier == NONE else 2
        key_click(self.focused(), key, modifier)
        self.settle()

    def word(self, letters: str, *, think: bool = True) -> None:
        """Letters and digits as they stand on the keyboard."""
        self.m += think
        for letter in letters:
            self.k += 1
            key_click(self.focused(), letter)
        self.settle()

    def compose(self, letters: str, text: str) -> None:
        """A word through the input method: its letters, and the key that commits it."""
        self.m += 1
        for end in range(1, len(letters) + 1):
            self.k += 1
            QApplication.sendEvent(self.focused(), QInputMethodEvent(letters[:end], []))
        self.k += 1
        done = QInputMethodEvent("", [])
        done.setCommitString(text)
        QApplication.sendEvent(self.focused(), done)
        self.settle()

    def look(self) -> None:
        """The last look over what was entered: no key."""
        self.m += 1

    def device(self, what: str, act: Callable[[], object]) -> None:
        self.devices.append(what)
        act()
        self.settle()

    def focused(self) -> QWidget:
        return self.app.focusWidget() or self.station.shell

    def settle(self, ready: Callable[[], bool] = lambda: True) -> None:
        """Until the background has nothing left to do.  Raises TimeoutError rather than hang."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.app.processEvents()
            self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            if not self.station.tasks.busy() and ready():
                self.app.processEvents()
                return
            time.sleep(0.002)
        raise TimeoutError(self.name)


@dataclass(frozen=True)
class Result:
    """``most_m`` and ``most_k`` are ui.md's numbers, ``fair_m`` and ``least`` those for an item of this size."""

    name: str
    m: int
    k: int
    most_m: int
    fair_m: int
    most_k: int
    least: int
    target_s: float
    devices: tuple[str, ...]

    @property
    def seconds(self) -> float:
        return self.m * THINK_S + self.k * KEY_S

    @property
    def fast(self) -> float:
        return self.m * THINK_S + self.k * FAST_S

    @property
    def within(self) -> bool:
        return self.k <= min(self.most_k, self.least) and self.m <= self.fair_m
