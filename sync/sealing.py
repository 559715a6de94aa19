"""Packing, sealing and opening what may be hundreds of megabytes, piece by piece, so that it can be stopped.

The bytes are those of the plain functions of models.crypto and sync.protocol.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import zstandard

from models.crypto import Opening, Sealing
from models.progress import UNSEEN, Progress
from sync.dictionary import LEVEL

PIECE = 1024 * 1024  # the longest work between two looks at whether it was stopped: well below a second


def pieces(data: bytes, progress: Progress) -> Iterator[memoryview]:
    """``data`` piece by piece.  Raises Stopped."""
    view = memoryview(data)
    for start in range(0, len(data), PIECE):
        progress.step(start, len(data))
        yield view[start : start + PIECE]


def digest(head: bytes, data: bytes, progress: Progress = UNSEEN) -> bytes:
    """SHA-256 of both, one after the other."""
    made = hashlib.sha256(head)
    for piece in pieces(data, progress):
        made.update(piece)
    return made.digest()


def compressed(data: bytes, progress: Progress = UNSEEN) -> bytes:
    """One zstd frame that states its size, as sync.dictionary.compress makes it without the dictionary."""
    packer = zstandard.ZstdCompressor(level=LEVEL).compressobj(size=len(data))
    parts = [packer.compress(piece) for piece in pieces(data, progress)]
    return b"".join([*parts, packer.flush()])


def decompressed(frame: bytes, limit: int, progress: Progress = UNSEEN) -> bytes:
    """Inverse of :func:`compressed`.  Raises zstandard.ZstdError, for more than ``limit`` bytes too."""
    if zstandard.frame_content_size(frame) > limit:
        raise zstandard.ZstdError("larger than its limit")
    opener = zstandard.ZstdDecompressor().decompressobj()
    parts, size = [], 0
    for piece in pieces(frame, progress):
        parts.append(opener.decompress(piece))
        size += len(parts[-1])
        if size > limit:
            raise zstandard.ZstdError("larger than its limit")
        if opener.eof:
            break
    if not opener.eof:
        raise zstandard.ZstdError("the frame has no end")
    return b"".join(parts)


def sealed(key: bytes, plain: bytes, aad: bytes, progress: Progress = UNSEEN) -> bytes:
    """As models.crypto.seal."""
    sealing = Sealing(key, aad)
    parts = [sealing.more(piece) for piece in pieces(plain, progress)]
    return b"".join([sealing.nonce, *parts, sealing.tag()])


def opened(key: bytes, data: bytes, aad: bytes, progress: Progress = UNSEEN) -> bytes:
    """As models.crypto.unseal.  Raises WrongKey; nothing is handed out before the whole is known to be good."""
    opening = Opening(key, data, aad)
    parts = [opening.more(piece) for piece in pieces(opening.body, progress)]
    opening.check()
    return b"".join(parts)
