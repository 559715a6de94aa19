"""MessagePack as its specification has it, for what the protocol uses; independent of the program's library."""

from __future__ import annotations

import struct
from typing import Any

_NUMBERS = {0xCC: "B", 0xCD: "H", 0xCE: "I", 0xCF: "Q", 0xD0: "b", 0xD1: "h", 0xD2: "i", 0xD3: "q"}


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def _take(self, count: int) -> bytes:
        part = self._data[self.at : self.at + count]
        assert len(part) == count, "cut short"
        self.at += count
        return part

    def _number(self, form: str) -> int:
        value: int = struct.unpack(">" + form, self._take(struct.calcsize(">" + form)))[0]
        return value

    def read(self) -> Any:
        head = self._take(1)[0]
        if head < 0x80 or head >= 0xE0:
            return head if head < 0x80 else head - 256
        if head < 0x90 or head in (0xDE, 0xDF):
            count = head & 15 if head < 0x90 else self._number("HI"[head - 0xDE])
            return {self.read(): self.read() for _ in range(count)}
        if head < 0xA0 or head in (0xDC, 0xDD):
            count = head & 15 if head < 0xA0 else self._number("HI"[head - 0xDC])
            return [self.read() for _ in range(count)]
        if head < 0xC0 or head in (0xD9, 0xDA, 0xDB):
            count = head & 31 if head < 0xC0 else self._number("BHI"[head - 0xD9])
            return self._take(count).decode()
        if head in (0xC4, 0xC5, 0xC6):
            return self._take(self._number("BHI"[head - 0xC4]))
        if head in _NUMBERS:
            return self._number(_NUMBERS[head])
        return {0xC0: None, 0xC2: False, 0xC3: True}[head]


def read(data: bytes) -> Any:
    """The one value in ``data``; raises for anything left over."""
    reader = _Reader(data)
    value = reader.read()
    assert reader.at == len(data), "bytes left over"
    return value


def write(value: Any) -> bytes:
    """The longest forms, which nobody's encoder would choose: a reader must take them all the same."""
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return struct.pack(">BQ", 0xCF, value) if value >= 0 else struct.pack(">Bq", 0xD3, value)
    if isinstance(value, bytes):
        return struct.pack(">BI", 0xC6, len(value)) + value
    if isinstance(value, str):
        return struct.pack(">BI", 0xDB, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        pairs = b"".join(write(key) + write(one) for key, one in value.items())
        return struct.pack(">BI", 0xDF, len(value)) + pairs
    return struct.pack(">BI", 0xDD, len(value)) + b"".join(write(one) for one in value)
