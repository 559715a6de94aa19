"""zstd with the dictionary that both ends ship, and UUIDs as 16 bytes instead of 38.

``resources/wire.zdict`` is trained by ``python -m tests.bench.train`` on generated cases of the demo
city.  A new one gets a new id; a peer that holds another or none is served without.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from functools import lru_cache
from pathlib import Path

import zstandard

FILE = Path(__file__).resolve().parent.parent / "resources" / "wire.zdict"
HEADER = "X-Dictionary"  # a desk tells with each request which dictionary it holds
LEVEL = 9


@lru_cache(maxsize=1)
def _dictionary() -> zstandard.ZstdCompressionDict | None:
    try:
        found = zstandard.ZstdCompressionDict(FILE.read_bytes())
    except OSError:
        return None  # works without, only larger
    found.precompute_compress(level=LEVEL)
    return found


def held() -> int:
    """The id of the shipped dictionary; 0 when it is missing."""
    found = _dictionary()
    return 0 if found is None else found.dict_id()


def common(other: int) -> int:
    """The id of the dictionary that both hold, 0 for none."""
    return other if other == held() else 0


def asked(header: str) -> int:
    """The id to answer with, from the value of :data:`HEADER`."""
    return common(int(header)) if header.isascii() and header.isdigit() and len(header) < 11 else 0


def compress(data: bytes, dictionary: int = 0) -> bytes:
    """One frame.  ``dictionary`` is an id that :func:`common` gave."""
    shared = _dictionary() if dictionary else None
    if shared is None:
        return zstandard.ZstdCompressor(level=LEVEL).compress(data)
    return zstandard.ZstdCompressor(level=LEVEL, dict_data=shared).compress(squeeze(data))


def decompress(frame: bytes, limit: int) -> bytes:
    """Inverse of :func:`compress`, up to ``limit`` bytes (with UUIDs twice that).  Raises zstandard.ZstdError."""
    wanted = zstandard.get_frame_parameters(frame).dict_id
    shared = _dictionary() if wanted and wanted == held() else None
    if shared is None:
        return zstandard.ZstdDecompressor().decompress(frame, max_output_size=limit)
    return unsqueeze(zstandard.ZstdDecompressor(dict_data=shared).decompress(frame, max_output_size=limit))


# 0xC1 is the one byte that MessagePack never writes itself; in data it is marked as such.
_MARK = b"\xc1"
_LONG = re.compile(rb"\xc1|\xd9\x24[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHORT = re.compile(rb"\xc1(?:\x00|\x01(.{16}))", re.DOTALL)


def squeeze(data: bytes) -> bytes:
    """Each UUID text of a message as 16 bytes: random digits do not compress well as letters."""
    return _LONG.sub(_shortened, data)


def _shortened(found: re.Match[bytes]) -> bytes:
    text = found[0]
    return b"\xc1\x00" if text == _MARK else b"\xc1\x01" + unhexlify(text[2:].replace(b"-", b""))


def unsqueeze(data: bytes) -> bytes:
    """Inverse of :func:`squeeze`."""
    return _SHORT.sub(_lengthened, data)


def _lengthened(found: re.Match[bytes]) -> bytes:
    short = found[1]
    if short is None:
        return _MARK
    text = short.hex()  # uuid.UUID takes four times as long, and a page has some thousand of them
    return b"\xd9\x24" + f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}".encode()
