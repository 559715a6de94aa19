"""Receipt printers: a device file (/dev/usb/lp0) or a network port, and a test printer that keeps the bytes."""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
import stat
import sys
import time

from devices.base import DeviceError, State, Status

_NETWORK = re.compile(r"([\w.-]+):([0-9]{1,5})")
_SECONDS = 5.0
_ABSENT = "小票打印机没有接好。办件不受影响。请检查电源和连线，或者打印 A4 凭证。"
_BUSY = "小票打印机正被别的程序占用。办件不受影响。请稍后再打印。"
_NO_PAPER = "小票打印机缺纸。办件不受影响。请装纸后再打印。"
_STUCK = "小票打印机没有收完。办件不受影响。请检查后再打印一次。"
_ASK_PAPER = b"\x10\x04\x04"  # DLE EOT 4; the answer's bits 5 and 6 mean that the roll is out
_PAPER_OUT = 0x60
_LPGETSTATUS, _LP_PAPER_OUT = 0x060B, 0x20


def receipt_printer(place: str) -> NetworkReceipt | FileReceipt:
    """The driver for ``host:port`` or a device file."""
    found = _NETWORK.fullmatch(place)
    return NetworkReceipt(found[1], int(found[2])) if found else FileReceipt(place)


class NetworkReceipt:
    def __init__(self, host: str, port: int) -> None:
        self._at = (host, port)

    def status(self) -> Status:
        try:
            with self._connected() as line:
                self._ask(line)
        except DeviceError as error:
            return Status(state=error.state, text=str(error))
        return Status(state=State.READY, text="小票打印机正常。")

    def send(self, data: bytes) -> None:
        with self._connected() as line:
            self._ask(line)
            try:
                line.sendall(data)
            except OSError as error:
                raise DeviceError(State.ABSENT, _STUCK, type(error).__name__) from error

    def _connected(self) -> socket.socket:
        try:
            line = socket.create_connection(self._at, timeout=_SECONDS)
        except ConnectionRefusedError as error:
            # A printer serves one at a time and refuses the next; one that is off does not answer at all.
            raise DeviceError(State.BUSY, _BUSY, "refused") from error
        except (OSError, OverflowError) as error:
            raise DeviceError(State.ABSENT, _ABSENT, type(error).__name__) from error
        return line

    def _ask(self, line: socket.socket) -> None:
        """Out of paper is worth knowing before; many printers don't answer, and then they are just sent to."""
        line.settimeout(0.5)
        answer = b""
        with contextlib.suppress(OSError):
            line.sendall(_ASK_PAPER)
            answer = line.recv(1)
        line.settimeout(_SECONDS)
        if answer and answer[0] & _PAPER_OUT:
            raise DeviceError(State.NO_PAPER, _NO_PAPER)


class FileReceipt:
    def __init__(self, path: str) -> None:
        self._path = path

    def status(self) -> Status:
        try:
            handle = self._open()
        except DeviceError as error:
            return Status(state=error.state, text=str(error))
        os.close(handle)
        return Status(state=State.READY, text="小票打印机正常。")

    def send(self, data: bytes) -> None:
        handle = self._open()
        try:
            until = time.monotonic() + _SECONDS
            while data:
                _, ready, _ = select.select([], [handle], [], max(0.0, until - time.monotonic()))
                if not ready:
                    raise DeviceError(State.NO_PAPER, _STUCK, "full")
                data = data[os.write(handle, data) :]
        except OSError as error:
            raise DeviceError(State.ABSENT, _STUCK, type(error).__name__) from error
        finally:
            os.close(handle)

    def _open(self) -> int:
        try:
            mode = os.stat(self._path).st_mode
            # Only a device: a slip must never become a file that stays.
            if not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
                raise DeviceError(State.ABSENT, _ABSENT, "not a device")
            handle = os.open(self._path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
        except BlockingIOError as error:
            raise DeviceError(State.BUSY, _BUSY, "locked") from error
        except OSError as error:
            state = State.BUSY if error.errno == 16 else State.ABSENT  # EBUSY
            raise DeviceError(
                state, _BUSY if state is State.BUSY else _ABSENT, type(error).__name__
            ) from error
        if _out_of_paper(handle):
            os.close(handle)
            raise DeviceError(State.NO_PAPER, _NO_PAPER)
        return handle


def _out_of_paper(handle: int) -> bool:
    if sys.platform == "win32":
        return False
    import fcntl

    told = bytearray(4)
    with contextlib.suppress(OSError):
        fcntl.ioctl(handle, _LPGETSTATUS, told)
        return bool(told[0] & _LP_PAPER_OUT)
    return False


class PlayedReceipt:
    """The test receipt printer: ``sent`` keeps what came."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.state = State.READY

    def status(self) -> Status:
        texts = {State.ABSENT: _ABSENT, State.BUSY: _BUSY, State.NO_PAPER: _NO_PAPER}
        return Status(state=self.state, text=texts.get(self.state, "试验小票打印机，不出纸。"))

    def send(self, data: bytes) -> None:
        if self.state is not State.READY:
            raise DeviceError(self.state, self.status().text)
        self.sent.append(data)
