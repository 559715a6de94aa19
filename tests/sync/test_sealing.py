"""What is packed and sealed piece by piece is what the plain functions make, and can be stopped at any piece."""

from __future__ import annotations

import random

import pytest
import zstandard

from models.crypto import WrongKey, seal, unseal
from models.progress import Progress, Stopped
from sync.dictionary import compress, decompress
from sync.sealing import PIECE, compressed, decompressed, digest, opened, sealed

KEY, AAD = bytes(range(32)), b"header"
SIZES = (0, 1, PIECE - 1, PIECE, 3 * PIECE + 7)


class Steps(Progress):
    """Counts the steps, and is stopped at one of them."""

    def __init__(self, stop_at: int = 0) -> None:
        self.seen, self._stop_at = 0, stop_at

    def step(self, done: int, whole: int) -> None:
        assert 0 <= done <= whole
        self.seen += 1
        if self.seen == self._stop_at:
            raise Stopped


def some(size: int) -> bytes:
    return random.Random(size).randbytes(size // 2) + bytes(size - size // 2)


@pytest.mark.parametrize("size", SIZES)
def test_the_bytes_are_those_of_the_plain_functions(size: int) -> None:
    data = some(size)
    frame = compressed(data)
    assert decompress(frame, size) == data == decompressed(compress(data), size)
    assert zstandard.frame_content_size(frame) == size
    assert unseal(KEY, sealed(KEY, data, AAD), AAD) == data == opened(KEY, seal(KEY, data, AAD), AAD)
    assert digest(b"a", data) == digest(b"a" + data[:1], data[1:])


@pytest.mark.parametrize("work", ["compressed", "sealed", "opened", "decompressed", "digest"])
def test_each_piece_is_a_place_to_stop(work: str) -> None:
    data = random.Random(5).randbytes(4 * PIECE)
    frame, closed = compressed(data), sealed(KEY, data, AAD)

    def run(progress: Progress) -> object:
        match work:
            case "compressed":
                return compressed(data, progress)
            case "decompressed":
                return decompressed(frame, len(data), progress)
            case "sealed":
                return sealed(KEY, data, AAD, progress)
            case "opened":
                return opened(KEY, closed, AAD, progress)
            case _:
                return digest(b"", data, progress)

    free = Steps()
    run(free)
    assert free.seen >= 4  # a step a MiB
    for place in range(1, free.seen + 1):
        with pytest.raises(Stopped):
            run(Steps(place))


def test_what_is_not_as_it_was_sealed_is_not_opened() -> None:
    closed = bytearray(sealed(KEY, some(2 * PIECE), AAD))
    closed[PIECE] ^= 1
    with pytest.raises(WrongKey):
        opened(KEY, bytes(closed), AAD)
    with pytest.raises(WrongKey):
        opened(KEY, b"short", AAD)
    with pytest.raises(WrongKey):
        opened(KEY, sealed(KEY, b"x", b"another header"), AAD)


@pytest.mark.parametrize("states_its_size", [True, False])
def test_no_frame_becomes_larger_than_its_limit(states_its_size: bool) -> None:
    packer = zstandard.ZstdCompressor()
    data = bytes(8 * PIECE)
    if states_its_size:
        frame = packer.compress(data)
    else:
        stream = packer.compressobj()
        frame = stream.compress(data) + stream.flush()
    assert len(frame) < PIECE
    with pytest.raises(zstandard.ZstdError):
        decompressed(frame, PIECE)
    with pytest.raises(zstandard.ZstdError):
        decompressed(compressed(some(PIECE))[:-3], PIECE)
