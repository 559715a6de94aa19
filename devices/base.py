"""What every device at the window can say of itself, and what each kind can do.

A driver never decides anything about a case.  It answers, or raises :class:`DeviceError` with one plain
sentence; the window says the sentence and work goes on.  Calls marked *slow* belong off the GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from models.errors import KnownError
from models.progress import UNSEEN, Progress

if TYPE_CHECKING:
    from PyQt6.QtGui import QImage

    from devices.idcard.record import CardRecord


class State(StrEnum):
    READY = "ready"
    ABSENT = "absent"
    BUSY = "busy"
    NO_PAPER = "no_paper"


STATE_NAMES = {State.READY: "正常", State.ABSENT: "未接", State.BUSY: "占用", State.NO_PAPER: "缺纸"}


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How a device is now: the state and one sentence for the clerk."""

    state: State
    text: str

    @property
    def ready(self) -> bool:
        return self.state is State.READY


class DeviceError(KnownError):
    """A device did not do what was asked; nothing of a case has changed."""

    def __init__(self, state: State, message: str, detail: str = "") -> None:
        super().__init__(message, detail)
        self.state = state


class Cancelled(DeviceError):
    """The clerk stopped it."""

    def __init__(self) -> None:
        super().__init__(State.READY, "已停下，没有保存。办件没有改动。要继续请再按一次。")


Stop = Callable[[], bool]


def never() -> bool:
    """The :data:`Stop` of a call that nobody can cancel."""
    return False


class CardReader(Protocol):
    def status(self) -> Status: ...

    def read(self, stop: Stop = never) -> CardRecord:
        """*Slow.*  Wait a little for a card and read it.  Raises DeviceError."""


class Camera(Protocol):
    """Lives on the GUI thread.  ``frame`` gets each picture, ``lost`` a sentence when it goes away."""

    def status(self) -> Status: ...

    def start(self, frame: Callable[[QImage], None], lost: Callable[[str], None]) -> None:
        """Raises DeviceError when there is no camera or another program has it."""

    def stop(self) -> None:
        """May be called at any time, also twice; nothing is called back afterwards."""


class Scanner(Protocol):
    def status(self) -> Status: ...

    def scan(self, *, feeder: bool, stop: Stop = never) -> Iterator[bytes]:
        """*Slow.*  One picture (TIFF, PNG or JPEG) after the other; ``feeder`` takes all that lies in it.

        Raises DeviceError; pages already given stay good.
        """


class CodeReader(Protocol):
    """Lives on the GUI thread; gives whole codes, wherever the focus is."""

    def status(self) -> Status: ...

    def start(self, code: Callable[[str], None], lost: Callable[[str], None]) -> None: ...

    def stop(self) -> None: ...


class Printer(Protocol):
    def status(self) -> Status: ...

    def print_pages(self, pages: Sequence[QImage], copies: int = 1, progress: Progress = UNSEEN) -> None:
        """*Slow.*  From pictures made before.  Raises DeviceError, and Stopped while it can still be called back.

        Nothing is left on the disk by us.
        """


class ReceiptPrinter(Protocol):
    def status(self) -> Status: ...

    def send(self, data: bytes) -> None:
        """*Slow.*  Bytes of ESC/POS.  Raises DeviceError."""
