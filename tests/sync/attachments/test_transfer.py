"""Attached files between real desks and a served hub: sealed, whole, small ones first, within the limits."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select

from app.commands.attach import attach, fetch_file, find_file, open_file
from app.commands.verify import verify_replica
from app.queries.files import files_facts, read_files
from models.errors import KnownError
from models.vault import Missing
from sync.attachments import Files
from sync.hub import tables as h
from tests.sync.attachments.kit import CASE, SCAN, at_hub, entry, hall, only, ready, send, state
from tests.sync.hall_kit import Hall, Line
from tests.sync.hub.fake_desk import HALL

__all__ = ["hall"]


def test_a_file_is_sealed_on_the_disk_and_its_name_tells_nothing(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    secret = "甲乙丙丁".encode() * 5000
    attach(desk, entry(), secret, title="声明", material="M1")
    stored = [path for path in (desk.store.path.parent / "files").rglob("*") if path.is_file()]
    assert len(stored) == 1
    sealed = stored[0].read_bytes()
    assert "甲乙".encode() not in sealed
    assert open_file(desk, find_file(desk, CASE, stored[0].name)) == secret
    other = hall.desk("other")
    hall.sync(other)
    attach(other, entry("01990000-0000-7000-8000-00000000000b"), secret, title="声明")
    names = {path.name for path in (other.store.path.parent / "files").rglob("*") if path.is_file()}
    assert stored[0].name not in names  # another machine's name for the same content


def test_it_arrives_whole_and_another_window_can_read_it(hall: Hall) -> None:
    desk = ready(hall)
    file_id = only(desk)
    assert at_hub(hall) == {file_id: "awaited"}
    assert send(hall, desk) == []
    assert at_hub(hall) == {file_id: "here"}
    assert read_files(desk, CASE)[0].place == "done"
    other = hall.desk("other", window="370911-08")
    hall.sync(other)
    row = read_files(other, CASE)[0]
    assert (row.place, row.title, row.material, row.pages) == ("elsewhere", "身份证正面", "M2", 1)
    file = find_file(other, CASE, file_id[:12])
    with pytest.raises(Missing):
        open_file(other, file)
    fetch_file(other, CASE, file)
    assert open_file(other, file) == SCAN
    assert read_files(other, CASE)[0].place == "done"
    assert verify_replica(desk) == verify_replica(other) == []


def test_no_byte_is_taken_before_the_case_is_known(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    attach(desk, entry(), SCAN, title="身份证正面")
    assert send(hall, desk) == []
    assert at_hub(hall) == {}
    assert files_facts(desk).waiting == 1
    hall.sync(desk)
    assert send(hall, desk) == []
    assert list(at_hub(hall).values()) == ["here"]


def test_an_upload_goes_on_where_it_was_cut_also_after_a_restart(hall: Hall) -> None:
    desk = ready(hall)
    chunks = 0

    def cut(path: str) -> bool:
        nonlocal chunks
        chunks += path == "/v1/files/chunk"
        return chunks > 2

    assert send(hall, desk, hall.line(cut)) != []
    with hall.hub.read() as conn:
        sent = conn.execute(select(h.file.c.sent)).scalar_one()
    assert 0 < sent < len(SCAN)
    desk = hall.reopened(desk)
    line = hall.line()
    assert send(hall, desk, line) == []
    assert list(at_hub(hall).values()) == ["here"]
    assert open_file(desk, find_file(desk, CASE, only(desk))) == SCAN
    assert hall.hub.blobs.names() == [f"{HALL}/{only(desk)}"]  # no pieces are left


def test_a_download_goes_on_where_it_was_cut(hall: Hall) -> None:
    desk = ready(hall)
    assert send(hall, desk) == []
    other = hall.desk("other", window="370911-08")
    hall.sync(other)
    file = find_file(other, CASE, only(desk))
    calls = 0

    def cut(path: str) -> bool:
        nonlocal calls
        calls += path == "/v1/files/read"
        return calls > 2

    def fetcher(line: Line) -> Files:
        return Files(
            other.store, other.vault, other.device, other.device_key, other.clock, transport=lambda: line
        )

    with pytest.raises(KnownError):
        fetcher(hall.line(cut)).fetch(CASE, file)
    had = other.vault.part_size(file.file_id)
    assert had > 0
    line = hall.line()
    fetcher(line).fetch(CASE, file)
    assert open_file(other, file) == SCAN
    assert line.received["/v1/files/read"] < file.size - had + 4096


def test_what_was_fetched_and_is_not_the_announced_file_is_not_kept(hall: Hall) -> None:
    desk = ready(hall)
    assert send(hall, desk) == []
    name = f"{HALL}/{only(desk)}"
    sealed = hall.hub.blobs.read(name)
    assert sealed is not None
    hall.hub.blobs.put(name, bytes([sealed[0] ^ 1]) + sealed[1:])  # of the same size
    other = hall.desk("other", window="370911-08")
    hall.sync(other)
    with pytest.raises(KnownError, match="核对不上"):
        fetch_file(other, CASE, find_file(other, CASE, only(desk)))
    assert other.vault.names() == set()
    assert other.vault.part_size(only(desk)) == 0  # the next time begins anew


def test_small_files_go_first(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    for number, size in enumerate((90_000, 500, 20_000)):
        attach(desk, entry(), random.Random(number).randbytes(size), title=f"第{number}份")
    hall.sync(desk)
    order: list[int] = []

    def done(sent: int, total: int) -> None:
        with hall.hub.read() as conn:
            here = conn.execute(select(h.file.c.size).where(h.file.c.state == "here")).scalars()
            order.extend(size for size in here if size not in order)

    assert send(hall, desk, on_progress=done) == []
    assert order == sorted(order)
    assert len(order) == 3


def test_the_same_scan_twice_is_stored_and_sent_once(hall: Hall) -> None:
    desk = ready(hall)
    attach(desk, entry(), SCAN, title="再附一次", material="M1")
    hall.sync(desk)
    line = hall.line()
    assert send(hall, desk, line) == []
    assert [f.title for f in state(hall).files] == ["身份证正面", "再附一次"]
    assert len({f.file_id for f in state(hall).files}) == len(at_hub(hall)) == 1
    assert len(desk.vault.names()) == 1


def test_the_limit_is_kept_by_waiting(hall: Hall) -> None:
    desk = ready(hall)
    waited: list[float] = []
    assert send(hall, desk, limit=50 * 1024, pause=waited.append, ticks=lambda: 0.0) == []
    assert sum(waited) == pytest.approx((len(SCAN) + 28) / (50 * 1024))


def test_chunks_grow_on_a_quick_line_and_shrink_on_a_slow_one(hall: Hall) -> None:
    desk = ready(hall, random.Random(2).randbytes(1_200_000))
    clock = iter(range(0, 100_000, 10))  # every chunk takes ten seconds
    slow, quick = hall.line(), hall.line()
    assert send(hall, desk, slow, ticks=lambda: float(next(clock))) == []
    again = ready(hall, random.Random(3).randbytes(1_200_000), "again")
    assert send(hall, again, quick, ticks=lambda: 0.0) == []
    assert slow.requests["/v1/files/chunk"] > 3 * quick.requests["/v1/files/chunk"]
