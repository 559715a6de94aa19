"""Attached files between real desks and a served hub: cuts, restarts, losses, limits, a stick, an S3 store."""

from __future__ import annotations

import json
import os
import random
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.commands.act import Entry
from app.commands.attach import attach, attach_path, detach, fetch_file, find_file, open_file, send_files
from app.commands.context import Desk
from app.commands.reconcile import reconcile
from app.commands.verify import verify_replica
from app.queries.files import files_facts, read_files, read_unsent
from models.domain.case import CaseState
from models.errors import KnownError
from models.tables import replica as t
from models.vault import MemoryVault, Missing
from sync import file_protocol as fp
from sync.attachments import MAX_TRIES, Files, sweep
from sync.bundle import bundle_key
from sync.courier import Courier
from sync.hub import backup, files, people
from sync.hub import tables as h
from sync.hub.blobs import FolderBlobs, StoreDown, open_blobs
from sync.hub.bundle import take_in
from sync.hub.database import init_hub, open_hub
from sync.hub.devices import escrow_key, find_device
from sync.hub.moves import move
from sync.hub.refusal import Refused
from tests.proxy import Fault, Proxy
from tests.sync.hall_kit import Hall, Line, open_hall
from tests.sync.hub.fake_desk import HALL, PERSON

SCAN = random.Random(1).randbytes(300_000)
CASE = "01990000-0000-7000-8000-00000000000a"


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


def entry(case_id: str = CASE) -> Entry:
    return Entry(case_id=case_id, item_id="SAMPLE-1", fields=dict(PERSON))


def send(hall: Hall, desk: Desk, line: Line | None = None, **options: object) -> list[str]:
    transport = (lambda: line) if line is not None else None
    made = Files(
        desk.store,
        desk.vault,
        desk.device,
        desk.device_key,
        desk.clock,
        transport=transport,
        **options,  # type: ignore[arg-type]  # whatever a test wants to turn
    )
    return made.send().problems


def ready(hall: Hall, data: bytes = SCAN, name: str = "desk") -> Desk:
    """A desk with one attached file whose act the hub has."""
    desk = hall.desk(name)
    hall.sync(desk)
    attach(desk, entry(), data, title="身份证正面", material="M2", pages=1)
    assert hall.sync(desk).problems == []
    return desk


def at_hub(hall: Hall) -> dict[str, str]:
    with hall.hub.read() as conn:
        return {row.file_id: row.state for row in conn.execute(select(h.file))}


def only(desk: Desk) -> str:
    return read_files(desk, CASE)[0].file_id


def state(hall: Hall) -> CaseState:
    return hall.states()[CASE]


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


def test_what_the_store_loses_is_brought_again(hall: Hall) -> None:
    desk = ready(hall)
    assert send(hall, desk) == []
    name = f"{HALL}/{only(desk)}"
    hall.hub.blobs.put(name, b"spoilt")
    found = files.scrub(hall.hub)
    assert found.broken == (name,)
    assert at_hub(hall) == {only(desk): "here"}  # looking changes nothing
    hall.hub.blobs.put(f"{HALL}/{'0' * 64}", b"nobody's")
    assert files.scrub(hall.hub, repair=True).removed == 1
    assert at_hub(hall) == {only(desk): "awaited"}
    hall.sync(desk)
    assert send(hall, desk) == []
    assert files.scrub(hall.hub).broken == ()
    assert at_hub(hall) == {only(desk): "here"}


def test_a_restored_hub_gets_back_what_came_since(hall: Hall, tmp_path: Path) -> None:
    desk = hall.desk()
    hall.sync(desk)
    backup.backup(hall.hub, tmp_path / "copy.db")
    attach(desk, entry(), SCAN, title="身份证正面")
    hall.sync(desk)
    assert send(hall, desk) == []
    lost = hall.hub
    with lost.write() as conn:
        conn.execute(h.file.delete())
        backup.start_epoch(conn, lost.now_ms())
    for name in lost.blobs.names():
        lost.blobs.remove(name)
    hall.sync(desk)
    assert files_facts(desk).waiting == 1


def test_a_file_spoilt_here_is_told_and_made_whole_by_attaching_it_again(hall: Hall) -> None:
    desk = ready(hall)
    path = next(p for p in (desk.store.path.parent / "files").rglob("*") if p.is_file())
    good = path.read_bytes()
    path.write_bytes(good[:1000] + bytes(1000) + good[2000:])
    assert verify_replica(desk) != []
    for _ in range(MAX_TRIES):
        assert send(hall, desk) != []
    assert files_facts(desk).stuck == 1
    assert read_unsent(desk)[0].place == "stuck"
    attach(desk, entry(), SCAN, title="重扫")
    assert path.read_bytes() == good
    hall.sync(desk)
    assert send(hall, desk) == []
    assert at_hub(hall) == {only(desk): "here"}
    assert verify_replica(desk) == []


def test_a_hub_that_has_no_room_is_told_once_and_asked_again_later(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = ready(hall)

    def full(name: str, data: bytes) -> None:
        raise StoreDown("ENOSPC")

    monkeypatch.setattr(hall.hub.blobs, "put", full)
    problems = send(hall, desk)
    assert len(problems) == 1
    assert "附件都还在工作站" in problems[0]
    monkeypatch.undo()
    assert files_facts(desk).stuck == 0
    assert send(hall, desk) == []


def test_another_hall_cannot_read_or_overwrite_it(hall: Hall) -> None:
    desk = ready(hall)
    assert send(hall, desk) == []
    stranger = hall.fake("370921", "370921-01")
    with hall.hub.read() as conn:
        device = find_device(conn, stranger.device)
    assert device is not None
    for act in (
        lambda: files.read(hall.hub, device, fp.FileWant(file_id=only(desk), offset=0)),
        lambda: files.take_chunk(hall.hub, device, fp.FileChunk(file_id=only(desk), offset=0, data=b"x")),
        lambda: files.offer(hall.hub, device, fp.FileOffer(file_id=only(desk))),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "unknown_file"


def test_only_the_list_can_be_named_and_a_closed_case_takes_none(hall: Hall, tmp_path: Path) -> None:
    desk = hall.desk()
    hall.sync(desk)
    with pytest.raises(KnownError, match="实施清单里没有"):
        attach(desk, entry(), SCAN, title="无房证明", material="M9")
    assert desk.vault.names() == set()
    for bad in (b"", bytes(64 * 1024 * 1024 + 1)):
        with pytest.raises(KnownError, match="分成几份"):
            attach(desk, entry(), bad, title="样例")
    with pytest.raises(KnownError, match="读不出来"):
        attach_path(desk, entry(), tmp_path / "gone.pdf")
    attach(desk, entry(), SCAN, title="样例")
    with pytest.raises(KnownError, match="原因"):
        detach(desk, entry(), only(desk), " ")
    detach(desk, entry(), only(desk), "拍反了")
    assert read_files(desk, CASE)[0].void == "拍反了"
    hall.sync(desk)
    assert [f.void for f in state(hall).files] == ["拍反了"]


def test_files_of_two_windows_are_united(hall: Hall) -> None:
    one, two = hall.desk("one"), hall.desk("two", window="370911-08")
    hall.sync(one)
    attach(one, entry(), b"one" * 100, title="甲")
    hall.sync(one)
    hall.sync(two)
    attach(one, entry(), b"two" * 100, title="乙")
    attach(two, entry(), b"three" * 100, title="丙")
    for desk in (one, two, one):
        assert hall.sync(desk).conflicts == 0
    assert [f.title for f in state(hall).files] == ["甲", "乙", "丙"]


def test_a_stray_of_a_power_cut_is_swept_and_a_known_file_stays(hall: Hall) -> None:
    desk = ready(hall)
    desk.vault.put("ab" * 32, b"stray")
    assert sweep(desk.store, desk.vault) == 0  # it may be another program's, just now
    assert sweep(desk.store, desk.vault, 0.0) == 1
    assert desk.vault.names() == {only(desk)}


def test_a_thorough_round_sweeps_what_is_old_enough(hall: Hall, tmp_path: Path) -> None:
    desk = ready(hall)
    for name in ("ab" * 32, "cd" * 32):
        desk.vault.put(name, b"stray")
    (old,) = tmp_path.rglob("ab" * 32)
    os.utime(old, (1, 1))
    reconcile(desk, thorough=False)
    assert old.exists()
    reconcile(desk)
    assert desk.vault.names() == {only(desk), "cd" * 32}


def test_a_moved_machine_sends_what_it_owes_and_keeps_nothing(hall: Hall) -> None:
    desk = ready(hall)
    attach(desk, entry(), b"later" * 50, title="后附")
    hall.sync(desk)
    first = [f.file_id for f in state(hall).files]
    assert send(hall, desk, stop=lambda: at_hub(hall)[first[1]] == "here") == []  # the small one has gone
    move(hall.hub, desk.device.device, "370921-01", "370921")
    hall.sync(desk)
    sweep(desk.store, desk.vault, 0.0)
    assert desk.vault.names() == {first[0]}
    assert send(hall, desk) == []
    assert set(at_hub(hall).values()) == {"here"}
    assert desk.vault.names() == set()


def test_a_machine_that_has_not_heard_of_its_move_still_sends_what_the_old_hall_lost(hall: Hall) -> None:
    desk = ready(hall)
    assert send(hall, desk) == []
    hall.hub.blobs.remove(f"370911/{only(desk)}")
    files.scrub(hall.hub, repair=True)
    assert set(at_hub(hall).values()) == {"awaited"}
    move(hall.hub, desk.device.device, "370921-01", "370921")
    hall.sync(desk)
    assert send(hall, desk) == []
    assert set(at_hub(hall).values()) == {"here"}
    assert desk.vault.names() == set()


def test_a_revoked_machine_sends_no_more(hall: Hall) -> None:
    desk = ready(hall)
    people.revoke(hall.hub, desk.device.device)
    assert send(hall, desk) != []
    assert list(at_hub(hall).values()) == ["awaited"]


def test_files_travel_by_stick(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    attach(desk, entry(), SCAN, title="身份证正面")
    with hall.hub.read() as conn:
        device = find_device(conn, desk.device.device)
    assert device is not None
    with hall.hub.read() as conn:
        key = bundle_key(escrow_key(hall.hub, conn, device), device.device)
    courier = Courier(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock, key, desk.vault)
    out, count = courier.export()
    assert count == 1
    taken, back = take_in(hall.hub, out)
    assert (taken.files, taken.problems) == (1, ())
    assert at_hub(hall) == {only(desk): "here"}
    assert take_in(hall.hub, out)[0].files == 1  # once more changes nothing
    assert files_facts(desk).waiting == 1
    hall.clock.ms += 1000
    courier.take_in(back)
    assert files_facts(desk).waiting == 0
    assert files.scrub(hall.hub).broken == ()


# How long a sealed file is depends on chance, so cuts are thousandths of it.
CUT = st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 5))


@given(content=st.binary(min_size=1, max_size=400), cuts=st.lists(CUT, max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_chunks_in_any_order_and_any_number_never_make_another_file(
    hall: Hall, content: bytes, cuts: list[tuple[int, int, int]]
) -> None:
    """Whatever arrives, the hub has the file as announced, or says from where to go on."""
    with hall.hub.read() as conn:
        count = len(conn.execute(select(h.file.c.file_id)).all())
    name = f"d{count}"
    desk = (
        ready(hall, content + f"{count:08d}".encode(), name)
        if count == 0
        else _one_more(hall, content, count)
    )
    with desk.store.read() as conn:
        row = conn.execute(select(t.file).order_by(t.file.c.added_ms.desc(), t.file.c.file_id)).first()
        assert row is not None
        row = conn.execute(select(t.file).where(t.file.c.upload == "waiting")).first()
    assert row is not None
    sealed = desk.vault.read(row.file_id)
    with hall.hub.read() as conn:
        device = find_device(conn, desk.device.device)
    assert device is not None
    for first, second, flaw in cuts:
        at, end = sorted((len(sealed) * first // 1000, len(sealed) * second // 1000))
        piece = sealed[at:end]
        if piece and flaw == 0:
            piece = bytes([piece[0] ^ 1]) + piece[1:]
        reply = files.take_chunk(hall.hub, device, fp.FileChunk(file_id=row.file_id, offset=at, data=piece))
        assert 0 <= reply.sent <= len(sealed)
        if reply.done:
            assert hall.hub.blobs.read(f"{HALL}/{row.file_id}") == sealed
    for _ in range(MAX_TRIES + 1):
        send(hall, desk)
    assert at_hub(hall)[row.file_id] == "here"
    assert hall.hub.blobs.read(f"{HALL}/{row.file_id}") == sealed


def _one_more(hall: Hall, content: bytes, count: int) -> Desk:
    desk = hall.open[0]
    attach(desk, entry(), content + f"{count:08d}".encode(), title=f"第{count}份")
    hall.sync(desk)
    return desk


@pytest.mark.parametrize(
    "fault",
    [Fault(name="cut", cut_up=150_000), Fault(name="deaf", lose_down=True), Fault(name="slow", kbit=2048)],
    ids=lambda f: f.name,
)
def test_over_a_bad_line_it_arrives_in_the_end(hall: Hall, fault: Fault) -> None:
    desk = ready(hall)
    port = int(hall.server.url.rpartition(":")[2])
    with Proxy(port) as proxy:
        # The address changes too: the token of the former session is worth nothing there.
        moved = replace(
            desk, device=msgspec.structs.replace(desk.device, hub_url=f"http://127.0.0.1:{proxy.port}")
        )
        proxy.script([fault, fault])
        for _ in range(4):
            send(hall, moved)
        assert list(at_hub(hall).values()) == ["here"]


def test_a_full_disk_leaves_no_half_file(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = hall.desk()
    hall.sync(desk)

    class Full(MemoryVault):
        def put(self, name: str, data: bytes) -> None:
            raise KnownError("写不进资料目录，可能是没有权限或者磁盘已满。")

    with pytest.raises(KnownError, match="磁盘已满"):
        attach(replace(desk, kept=Full()), entry(), SCAN, title="样例")
    assert read_files(desk, CASE) == []
    assert files_facts(desk).waiting == 0


def test_a_power_cut_before_the_act_leaves_a_stray_only(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    with pytest.raises(KnownError):
        attach(desk, msgspec.structs.replace(entry(), item_id="NO-SUCH"), SCAN, title="样例")
    assert desk.vault.names() == set()


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a bucket at a real S3 server in this process."""
    import boto3
    from moto.server import ThreadedMotoServer

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="key",
        aws_secret_access_key="se/cret+",
        region_name="us-east-1",
    ).create_bucket(Bucket="scans")
    yield f"s3://key:se%2Fcret%2B@127.0.0.1:{port}/scans/hall?tls=no"
    server.stop()


@pytest.mark.slow
def test_a_bucket_and_a_folder_do_the_same(s3: str, tmp_path: Path) -> None:
    for store in (open_blobs(tmp_path, s3), FolderBlobs(tmp_path / "files")):
        assert store.read("370911/a") is None
        assert store.size("370911/a") is None
        store.remove("370911/a")
        store.put("370911/a", b"0123456789")
        store.put("370911/a.part/000", b"piece")
        assert store.read("370911/a") == b"0123456789"
        assert store.read("370911/a", 3, 4) == b"3456"
        assert store.read("370911/a", 8, 10) == b"89"
        assert store.read("370911/a", 10, 5) == b""
        assert store.size("370911/a") == 10
        assert store.names() == ["370911/a", "370911/a.part/000"]
        assert store.names("370911/a.part/") == ["370911/a.part/000"]
        store.remove("370911/a")
        assert store.names() == ["370911/a.part/000"]


@pytest.mark.slow
def test_a_hub_keeps_its_files_in_a_bucket(s3: str, hall: Hall) -> None:
    hall.hub.blobs = open_blobs(hall.folder, s3.replace("/hall?", "/other-hall?"))
    desk = ready(hall)
    assert send(hall, desk) == []
    assert hall.hub.blobs.names() == [f"{HALL}/{only(desk)}"]
    other = hall.desk("other", window="370911-08")
    hall.sync(other)
    file = find_file(other, CASE, only(desk))
    fetch_file(other, CASE, file)
    assert open_file(other, file) == SCAN
    assert files.scrub(hall.hub).broken == ()


def test_a_store_that_is_down_is_one_plain_sentence(tmp_path: Path) -> None:
    store = open_blobs(tmp_path, "s3://key:secret@127.0.0.1:9/scans?tls=no")
    failed: list[str] = []

    def ask() -> None:
        try:
            store.size("a")
        except StoreDown as error:
            failed.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert failed == ["中心的附件库暂时用不了，附件都还在工作站。稍后会自动再传。"]
    for bad in ("http://host/scans", "s3://host", "s3://key:secret@example.org/scans?tls=no"):
        with pytest.raises(KnownError, match="没有改动"):
            open_blobs(tmp_path, bad)


def test_the_hub_remembers_where_its_files_are(tmp_path: Path) -> None:
    init_hub(tmp_path / "hub", files="s3://key:secret@127.0.0.1:9/scans?tls=no").close()
    again = open_hub(tmp_path / "hub")
    with pytest.raises(StoreDown):
        again.blobs.put("a", b"b")
    again.close()
    assert json.loads((tmp_path / "hub" / "hub.json").read_bytes())["files"].startswith("s3://")


def test_a_desk_with_a_stuck_file_can_let_it_go_on(hall: Hall) -> None:
    desk = ready(hall)
    with desk.store.write() as conn:
        conn.execute(update(t.file).values(upload="stuck", reason="样例"))
    assert read_unsent(desk)[0].words == "样例"
    assert send_files(desk, again=True).sent == 1
    assert at_hub(hall) == {only(desk): "here"}
