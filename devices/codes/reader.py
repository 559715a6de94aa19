"""A scanner as a device of its own: read from Linux' input layer, grabbed, so that no field ever sees its keys.

It works wherever the focus is, whatever input method is on, on the lock screen too (where nobody listens).
The clerk's user must be allowed to read the device file (group ``input`` or a udev rule).
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import sys
from collections.abc import Callable

from PyQt6 import sip
from PyQt6.QtCore import QObject, QSocketNotifier

from devices.base import DeviceError, State, Status

_ABSENT = "扫码枪没有接好。办件不受影响。请检查连线，或者手工输入。"
_REFUSED = "本机没有权限读扫码枪。办件不受影响。请管理员设置权限，或者在设置里改为键盘方式。"
_LOST = "扫码枪断开了。办件不受影响。请接好后再扫。"
_EVENT = struct.Struct("llHHi")  # struct input_event of this machine's word size
_KEY, _PRESSED = 1, 1
_GRAB = 0x40044590  # EVIOCGRAB
_SHIFTS, _ENDS = (42, 54), (28, 96, 15)  # shift; Enter, Enter of the number pad, Tab
_PLAIN = {
    **dict(zip(range(2, 14), "1234567890-=", strict=True)),
    **dict(zip(range(16, 28), "qwertyuiop[]", strict=True)),
    **dict(zip(range(30, 42), "asdfghjkl;'`", strict=True)),
    **dict(zip(range(43, 54), "\\zxcvbnm,./", strict=True)),
    57: " ", 55: "*", 74: "-", 78: "+", 83: ".", 98: "/",
    **dict(zip((71, 72, 73, 75, 76, 77, 79, 80, 81, 82), "7894561230", strict=True)),
}  # fmt: skip
_SHIFTED = dict(zip("1234567890-=[];'`\\,./", '!@#$%^&*()_+{}:"~|<>?', strict=True))
MOST = 4000


class KeyText:
    """Key events to text, line by line; a US layout, which scanners have unless somebody changed them."""

    def __init__(self) -> None:
        self._line = ""
        self._shift = False

    def feed(self, code: int, value: int) -> str:
        """One key event; the whole line at its end, else ""."""
        if code in _SHIFTS:
            self._shift = value != 0
        elif value == _PRESSED and code in _ENDS:
            line, self._line = self._line, ""
            return line
        elif value == _PRESSED and code in _PLAIN and len(self._line) < MOST:
            char = _PLAIN[code]
            self._line += (_SHIFTED.get(char, char.upper())) if self._shift else char
        return ""


class EvdevReader(QObject):
    """``path`` under /dev/input, best by-id, so that it stays the same at another plug."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._handle = -1
        self._notifier: QSocketNotifier | None = None

    def status(self) -> Status:
        if self._handle >= 0:
            return Status(state=State.READY, text="扫码枪正常。")
        try:
            os.close(self._open())
        except DeviceError as error:
            return Status(state=error.state, text=str(error))
        return Status(state=State.READY, text="扫码枪正常。")

    def start(self, code: Callable[[str], None], lost: Callable[[str], None]) -> None:
        self.stop()
        self._handle = self._open()
        with contextlib.suppress(OSError, ImportError):  # where it can't be grabbed it still is read
            import fcntl

            fcntl.ioctl(self._handle, _GRAB, 1)
        text, rest = KeyText(), b""

        def ready() -> None:
            nonlocal rest
            try:
                data = os.read(self._handle, _EVENT.size * 64)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.stop()
                lost(_LOST)
                return
            rest += data
            while len(rest) >= _EVENT.size:
                _, _, kind, key, value = _EVENT.unpack(rest[: _EVENT.size])
                rest = rest[_EVENT.size :]
                if kind == _KEY and (line := text.feed(key, value)):
                    code(line)

        self._notifier = QSocketNotifier(sip.voidptr(self._handle), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(ready)

    def stop(self) -> None:
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._notifier = None
        if self._handle >= 0:
            os.close(self._handle)  # lets go of the grab too
            self._handle = -1

    def _open(self) -> int:
        if sys.platform == "win32":
            raise DeviceError(State.ABSENT, _ABSENT, "platform")
        try:
            return os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        except PermissionError as error:
            raise DeviceError(State.BUSY, _REFUSED, "permission") from error
        except OSError as error:
            state = State.BUSY if error.errno == errno.EBUSY else State.ABSENT
            raise DeviceError(state, _ABSENT, type(error).__name__) from error


class PlayedCodes:
    """The test scanner: :meth:`play` is what a hand at the trigger does."""

    def __init__(self) -> None:
        self.state = State.READY
        self._code: Callable[[str], None] | None = None

    def status(self) -> Status:
        texts = {State.ABSENT: _ABSENT, State.BUSY: _REFUSED}
        return Status(state=self.state, text=texts.get(self.state, "试验扫码枪。"))

    def start(self, code: Callable[[str], None], lost: Callable[[str], None]) -> None:
        if self.state is not State.READY:
            raise DeviceError(self.state, self.status().text)
        self._code = code

    def stop(self) -> None:
        self._code = None

    def play(self, text: str) -> None:
        if self._code is not None:
            self._code(text)
