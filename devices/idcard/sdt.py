"""The card readers of the public-security interface (SDT_… functions), through the vendor's own library.

The library belongs to the vendor and is installed with the reader; nothing of it is shipped here.  It is
loaded at the first use, so a machine without one only has a sentence to say.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from devices.base import Cancelled, DeviceError, State, Status, Stop, never
from devices.idcard.record import LENGTH, CardRecord, parse_record

NAMES = ("sdtapi", "termb", "SDTReader") if sys.platform != "win32" else ("sdtapi.dll", "termb.dll")
PORTS = (*range(1001, 1017), *range(1, 5))  # USB, then the first serial ports
_OK, _FOUND = 0x90, 0x9F
_OPEN_ITSELF = 0  # we open and close the port, so the functions must not
_WAIT_S, _PAUSE_S = 4.0, 0.2
_MISSING = "本机没有装读卡器的驱动库，读不了卡。办件不受影响。请手工填写证件号码，或请管理员安装。"
_NO_PORT = "读卡器没有接好。办件不受影响。请检查连线再按 F9，或手工填写证件号码。"
_BUSY = "读卡器正被别的程序占用。办件不受影响。请关掉那个程序再按 F9。"
_NO_CARD = "没有读到证件。已填内容都在。请把证件放在读卡器上再按 F9。"
_FAILED = "证件读了一半断了，没有填入办件。已填内容都在。请把证件放平再按 F9。"


class SdtReader:
    """``library`` is a path or a name; "" looks for the usual names.  One read at a time."""

    def __init__(self, library: str = "", wait_s: float = _WAIT_S) -> None:
        self._name, self._wait = library, wait_s
        self._loaded: ctypes.CDLL | None = None
        self._one = threading.Lock()

    def status(self) -> Status:
        """Opens and closes the port, so that 占用 and 未接 are facts and not guesses."""
        try:
            with self._port():
                return Status(state=State.READY, text="读卡器正常。")
        except DeviceError as error:
            return Status(state=error.state, text=str(error))

    def read(self, stop: Stop = never) -> CardRecord:
        with self._port() as port:
            self._find(port, stop)
            text, photo = ctypes.create_string_buffer(1024), ctypes.create_string_buffer(4096)
            text_size, photo_size = ctypes.c_uint(0), ctypes.c_uint(0)
            code = self._call(
                "SDT_ReadBaseMsg",
                port, text, ctypes.byref(text_size), photo, ctypes.byref(photo_size), _OPEN_ITSELF,
            )  # fmt: skip
            ctypes.memset(photo, 0, len(photo))  # the portrait is not asked for, so it is not kept
            if code != _OK or text_size.value < LENGTH:
                raise DeviceError(State.READY, _FAILED, f"read {code:#x}")
            record = text.raw[:LENGTH]
            ctypes.memset(text, 0, len(text))
        return parse_record(record)

    def _find(self, port: int, stop: Stop) -> None:
        until = time.monotonic() + self._wait
        while True:
            serial = ctypes.create_string_buffer(32)
            found = self._call("SDT_StartFindIDCard", port, serial, _OPEN_ITSELF) == _FOUND
            if found and self._call("SDT_SelectIDCard", port, serial, _OPEN_ITSELF) == _OK:
                return
            if stop():
                raise Cancelled
            if time.monotonic() >= until:
                raise DeviceError(State.READY, _NO_CARD, "no card")
            time.sleep(_PAUSE_S)

    @contextlib.contextmanager
    def _port(self) -> Iterator[int]:
        if not self._one.acquire(blocking=False):
            raise DeviceError(State.BUSY, "上一次读卡还没有结束。请等一下再按 F9。")
        try:
            codes = []
            for port in PORTS:
                codes.append(self._call("SDT_OpenPort", port))
                if codes[-1] == _OK:
                    break
            else:
                # 0x01: no such port.  Anything else: it is there and somebody has it.
                if all(code == 0x01 for code in codes):
                    raise DeviceError(State.ABSENT, _NO_PORT, "port")
                raise DeviceError(State.BUSY, _BUSY, f"port {max(codes):#x}")
            try:
                yield port
            finally:
                self._call("SDT_ClosePort", port)
        finally:
            self._one.release()

    def _call(self, function: str, *values: Any) -> int:
        library = self._library()
        try:
            return int(getattr(library, function)(*values))
        except AttributeError as error:
            raise DeviceError(State.ABSENT, _MISSING, function) from error

    def _library(self) -> ctypes.CDLL:
        if self._loaded is None:
            for name in (self._name,) if self._name else NAMES:
                found = name if self._name or sys.platform == "win32" else ctypes.util.find_library(name)
                if not found:
                    continue
                with contextlib.suppress(OSError):
                    self._loaded = _load(found)
                    return self._loaded
            raise DeviceError(State.ABSENT, _MISSING, "library")
        return self._loaded


def _load(name: str) -> ctypes.CDLL:
    if sys.platform == "win32":
        return ctypes.WinDLL(name)  # these functions are __stdcall there
    return ctypes.CDLL(name)
