"""Files that the store lost without a word, that another desk still has, or that two workers take at once."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

import app.commands.attach
from app.commands.attach import fetch_file, find_file, limit_sending, open_file, send_files
from app.commands.context import Desk
from app.queries.files import files_facts
from models.errors import KnownError
from models.tables import replica as t
from sync import file_protocol as fp
from sync import protocol as p
from sync.attachments import Files
from sync.hub import files, people
from sync.hub.blobs import Blobs
from sync.hub.devices import Device, find_device
from tests.sync.attachments.kit import CASE, SCAN, at_hub, hall, only, ready, send
from tests.sync.hall_kit import Hall
from tests.sync.hub.fake_desk import HALL

__all__ = ["hall"]


def sent(hall: Hall) -> tuple[Desk, str]:
    """A desk whose file the hub has, and its name in the store."""
    desk = ready(hall)
    assert send(hall, desk) == []
    return desk, f"{HALL}/{only(desk)}"


def reader(hall: Hall) -> Desk:
    other = hall.desk("other", window="370911-08")
    hall.sync(other)
    return other


def test_whichever_desk_holds_a_lost_file_brings_it(hall: Hall) -> None:
    desk, name = sent(hall)
    other = reader(hall)
    fetch_file(other, CASE, find_file(other, CASE, only(desk)))
    people.revoke(hall.hub, desk.device.device)  # who attached it comes no more
    hall.hub.blobs.remove(name)
    files.scrub(hall.hub, repair=True)
    assert at_hub(hall) == {only(desk): "awaited"}
    assert hall.sync(other).problems == []
    assert send(hall, other) == []
    assert at_hub(hall) == {only(desk): "here"}
    assert files.scrub(hall.hub).broken == ()


def test_a_file_the_store_lost_unseen_is_noticed_when_it_is_read(hall: Hall) -> None:
    desk, name = sent(hall)
    other = reader(hall)
    hall.hub.blobs.remove(name)
    with pytest.raises(KnownError, match="没有这份附件了"):
        fetch_file(other, CASE, find_file(other, CASE, only(desk)))
    assert at_hub(hall) == {only(desk): "awaited"}
    hall.sync(desk)
    assert send(hall, desk) == []
    fetch_file(other, CASE, find_file(other, CASE, only(desk)))
    assert open_file(other, find_file(other, CASE, only(desk))) == SCAN


def test_a_file_the_store_lost_unseen_is_noticed_when_it_is_offered(hall: Hall) -> None:
    desk, name = sent(hall)
    hall.hub.blobs.remove(name)
    with desk.store.write() as conn:
        conn.execute(update(t.file).values(upload="waiting", sent=0))
    assert send(hall, desk) == []
    assert hall.hub.blobs.size(name) is not None
    assert files.scrub(hall.hub).broken == ()


def test_a_hub_that_takes_no_files_yet_lets_them_wait(hall: Hall) -> None:
    desk = ready(hall)

    class Older:
        """The line to a hub of before the files."""

        def __init__(self) -> None:
            self._line = hall.line()

        def send(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, str, bytes]:
            if path.startswith("/v1/files/"):
                return 404, p.CONTENT_TYPE, p.pack(p.Problem(code="not_served", message="中心没有这个功能。"))
            return self._line.send(method, path, headers, body)

        def close(self) -> None:
            self._line.close()

    for _ in range(7):
        made = Files(desk.store, desk.vault, desk.device, desk.device_key, desk.clock, transport=Older)
        assert made.send().problems == []
    assert (files_facts(desk).waiting, files_facts(desk).stuck) == (1, 0)
    assert send(hall, desk) == []
    assert at_hub(hall) == {only(desk): "here"}


def test_the_limit_that_was_set_is_the_one_that_is_kept(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = ready(hall)
    waited: list[float] = []

    class Paced(Files):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, pause=waited.append, ticks=lambda: 0.0, **options)

    monkeypatch.setattr(app.commands.attach, "Files", Paced)
    for wrong in (-1, 1_000_001):
        with pytest.raises(KnownError, match="限速"):
            limit_sending(desk, wrong)
    limit_sending(desk, 100)
    assert send_files(desk).sent == 1
    assert sum(waited) == pytest.approx((len(SCAN) + 28) / (100 * 1024))


class Raced:
    """A store before which another worker does something, once, at the first call that ``when`` picks."""

    def __init__(
        self, real: Blobs, call: str, when: Callable[[str], bool], other: Callable[[], object]
    ) -> None:
        self._real, self._call, self._when, self._other = real, call, when, other
        self.raced = False

    def __getattr__(self, name: str) -> Any:
        done = getattr(self._real, name)
        if name != self._call:
            return done

        def first(at: str = "", *more: Any) -> Any:
            if not self.raced and self._when(at):
                self.raced = True
                self._other()
            return done(at, *more)

        return first


def device_of(hall: Hall, desk: Desk) -> Device:
    with hall.hub.read() as conn:
        found = find_device(conn, desk.device.device)
    assert found is not None
    return found


def pieces(desk: Desk) -> list[fp.FileChunk]:
    data = desk.vault.read(only(desk))
    step = 100_000
    return [
        fp.FileChunk(file_id=only(desk), offset=at, data=data[at : at + step])
        for at in range(0, len(data), step)
    ]


@pytest.mark.parametrize("place", [0, 1, 3])
def test_two_workers_that_take_the_same_piece_make_one_file(hall: Hall, place: int) -> None:
    desk = ready(hall)
    device, chunks = device_of(hall, desk), pieces(desk)
    real = hall.hub.blobs
    for at, chunk in enumerate(chunks):
        if at == place:
            raced = Raced(
                real, "put", lambda _: True, lambda: files.take_chunk(hall.hub, device, chunks[place])
            )
            hall.hub.blobs = raced
        reply = files.take_chunk(hall.hub, device, chunk)
        assert reply.sent == chunk.offset + len(chunk.data)
    assert raced.raced
    assert reply.done
    hall.hub.blobs = real
    assert real.names() == [f"{HALL}/{only(desk)}"]
    assert files.scrub(hall.hub).broken == ()


def test_a_worker_that_finishes_while_another_does_throws_nothing_away(hall: Hall) -> None:
    desk = ready(hall)
    device, chunks = device_of(hall, desk), pieces(desk)
    for chunk in chunks[:-1]:
        files.take_chunk(hall.hub, device, chunk)
    real = hall.hub.blobs

    def finished() -> object:
        hall.hub.blobs = real
        return files.offer(hall.hub, device, fp.FileOffer(file_id=only(desk)))

    raced = Raced(real, "names", lambda at: at.endswith(".part/"), finished)
    hall.hub.blobs = raced
    reply = files.take_chunk(hall.hub, device, chunks[-1])
    assert raced.raced
    assert (reply.done, reply.spoilt) == (True, False)
    assert at_hub(hall) == {only(desk): "here"}
    assert files.scrub(hall.hub).broken == ()


def test_a_piece_that_is_too_long_or_reaches_past_the_end_is_not_kept(hall: Hall) -> None:
    desk = ready(hall, random.Random(9).randbytes(1_200_000))
    device, name = device_of(hall, desk), only(desk)
    data = desk.vault.read(name)
    for wrong in (data[: fp.MAX_CHUNK + 1], b""):
        assert files.take_chunk(hall.hub, device, fp.FileChunk(file_id=name, offset=0, data=wrong)).sent == 0
    at = 0
    while len(data) - at > 100:
        part = data[at : min(at + fp.MAX_CHUNK, len(data) - 100)]
        at = files.take_chunk(hall.hub, device, fp.FileChunk(file_id=name, offset=at, data=part)).sent
    longer = fp.FileChunk(file_id=name, offset=at, data=data[at:] + b"more")
    assert files.take_chunk(hall.hub, device, longer).sent == at
    assert files.take_chunk(hall.hub, device, fp.FileChunk(file_id=name, offset=at, data=data[at:])).done


def test_what_a_killed_worker_left_half_written_is_taken_away_once_it_is_old(hall: Hall) -> None:
    desk, name = sent(hall)
    folder = hall.hub.data_dir / "files"
    half = folder / f"{name}.4711.new"
    for age_s, left in ((60, True), (7 * 3600, False)):
        half.write_bytes(b"half")
        then = time.time() - age_s
        os.utime(half, (then, then))
        assert files.scrub(hall.hub, repair=True).broken == ()
        assert half.exists() is left
    assert at_hub(hall) == {only(desk): "here"}
