"""How the devices are, live in the status bar: 未接, 占用 and 缺纸 stay there until it is mended, work goes on.

What an act hears of its device is told at once; a device that somebody chose or has used is asked again
every quarter of a minute on a worker of its own, so one that is pulled out is seen before it is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.tasks import Tasks
from devices.base import STATE_NAMES, DeviceError, State, Status
from devices.rack import AUTO, KINDS, NONE, Rack

EVERY_MS, FIRST_MS = 15_000, 2_000
SHORT = {
    "card_reader": "读卡器",
    "camera": "高拍仪",
    "scanner": "扫描仪",
    "codes": "扫码枪",
    "printer": "打印机",
    "receipt": "小票机",
}
_HERE = ("camera", "codes")  # live on the GUI thread, and answer at once

T = TypeVar("T")


class _Device(Protocol):
    def status(self) -> Status: ...


class Health(QObject):
    """``changed`` with the words for the status bar and the whole sentences; both "" when all is well.

    ``returned`` with the kind of a device that was wrong and was found ready again.
    """

    changed = pyqtSignal(str, str)
    returned = pyqtSignal(str)
    _heard = pyqtSignal(str, object)

    def __init__(self, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks, self._rack = tasks, Rack()
        self._wrong: dict[str, Status] = {}
        self._used: set[str] = set()
        self._asking: set[str] = set()
        self._heard.connect(self.tell)
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._first = QTimer(self)
        self._first.setSingleShot(True)
        self._first.timeout.connect(self.look)

    def use(self, rack: Rack) -> None:
        """Other devices from now on.  One that is only looked for (自动) is spoken of once it has been used."""
        self._rack = rack
        self._wrong.clear()
        self._used = {kind for kind in KINDS if getattr(rack.choices, kind) not in (AUTO, NONE)}
        self._show()
        self._timer.start()
        self._first.start(FIRST_MS)

    def rest(self) -> None:
        self._timer.stop()
        self._first.stop()

    def watched(self, kind: str, work: Callable[[], T]) -> Callable[[], T]:
        """``work`` with that device, for a worker: how it went is how the device is."""

        def run() -> T:
            try:
                result = work()
            except DeviceError as error:
                self._heard.emit(kind, Status(state=error.state, text=str(error)))
                raise
            self._heard.emit(kind, Status(state=State.READY, text=""))
            return result

        return run

    def tell(self, kind: str, status: Status) -> None:
        self._used.add(kind)
        if self._wrong.get(kind) == (None if status.ready else status):
            return
        if status.ready:
            self._wrong.pop(kind, None)
        else:
            self._wrong[kind] = status
        self._show()

    def camera_lost(self, text: str) -> None:
        """The camera gives no picture: it is gone, or another program has it."""
        camera = self._rack.camera()
        state = camera.status().state if camera is not None else State.ABSENT
        self.tell("camera", Status(state=State.BUSY if state is State.READY else state, text=text))

    def look(self) -> None:
        """Ask every device that is in use how it is."""
        for kind in KINDS:
            device = self._device(kind) if kind in self._used and kind not in self._asking else None
            if device is None:
                continue
            if kind in _HERE:
                self._answered(kind, device.status())
            else:
                self._asking.add(kind)
                self._tasks.device(
                    device.status, partial(self._answered, kind), partial(self._unanswered, kind), of=kind
                )

    def _unanswered(self, kind: str, _: str) -> None:
        self._asking.discard(kind)

    def _answered(self, kind: str, status: Status) -> None:
        self._asking.discard(kind)
        before = self._wrong.get(kind)
        if kind == "camera" and status.ready and before is not None and before.state is State.BUSY:
            return  # it is plugged in; only a picture shows that nobody else has it
        self.tell(kind, status)
        if before is not None and status.ready:
            self.returned.emit(kind)

    def _device(self, kind: str) -> _Device | None:
        rack = self._rack
        made: dict[str, Callable[[], _Device | None]] = {
            "card_reader": rack.card_reader, "camera": rack.camera, "scanner": rack.scanner,
            "codes": rack.code_reader, "printer": rack.printer, "receipt": rack.receipt,
        }  # fmt: skip
        return made[kind]()

    def _show(self) -> None:
        wrong = [(kind, self._wrong[kind]) for kind in KINDS if kind in self._wrong]
        words = "、".join(f"{SHORT[kind]}{STATE_NAMES[status.state]}" for kind, status in wrong)
        self.changed.emit(words, "\n".join(status.text for _, status in wrong))
