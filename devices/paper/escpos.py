"""ESC/POS for receipt printers with a Chinese font: GB18030 text, a large number, a QR, a cut."""

from __future__ import annotations

import unicodedata

from app.documents.slip import Slip

COLUMNS = 32  # 58 mm paper, the narrowest in use; on 80 mm it leaves a wider margin
_START = b"\x1b@\x1c&"  # forget the last job; two-byte characters on
_LEFT, _CENTRE = b"\x1ba\x00", b"\x1ba\x01"
_PLAIN, _TALL, _BIG = b"\x1d!\x00\x1c!\x00", b"\x1d!\x01\x1c!\x08", b"\x1d!\x11\x1c!\x0c"
_CUT = b"\x1bd\x04\x1dV\x42\x00"
MAX_QR = 700


def encode_slip(slip: Slip, columns: int = COLUMNS) -> bytes:
    """All bytes of one slip, from reset to cut."""
    out = [_START, _CENTRE, _TALL, _lines(slip.title, columns)]
    big = columns // 2
    out += [_BIG, _lines(slip.mark, big) if width(slip.mark) <= big * 2 else b"", _PLAIN]
    out += [_LEFT]
    out += [_lines(line, columns) for line in slip.lines]
    if slip.qr:
        out += [_CENTRE, _qr(slip.qr), b"\n"]
    return b"".join([*out, _CUT])


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most ``columns`` half-width places; nothing is lost, no control code gets through."""
    lines, line, used = [], "", 0
    for char in _printable(text):
        wide = width(char)
        if used + wide > columns and line:
            lines.append(line)
            line, used = "", 0
        line, used = line + char, used + wide
    return [*lines, line] if line else lines


def width(text: str) -> int:
    """Half-width places: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def _printable(text: str) -> str:
    """A name must not be able to send commands to the printer."""
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char for char in text)


def _lines(text: str, columns: int) -> bytes:
    return b"".join(line.encode("gb18030", "replace") + b"\n" for line in wrap(text, columns))


def _qr(text: str) -> bytes:
    data = text.encode("utf-8")[:MAX_QR]

    def command(function: int, values: bytes) -> bytes:
        size = len(values) + 2
        return b"\x1d(k" + bytes((size & 0xFF, size >> 8, 0x31, function)) + values

    return b"".join(
        (
            command(0x41, b"2\x00"),  # model 2
            command(0x43, b"\x06"),  # six dots a module
            command(0x45, b"1"),  # correction M
            command(0x50, b"0" + data),
            command(0x51, b"0"),
        )
    )
