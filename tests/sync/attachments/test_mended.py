"""Attached files where something went wrong: losses, a restored hub, moves, a stick, a full disk, a bad line."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from app.commands.attach import attach, attach_path, detach, send_files
from app.commands.reconcile import reconcile
from app.commands.verify import verify_replica
from app.queries.files import files_facts, read_files, read_unsent
from models.errors import KnownError
from models.tables import replica as t
from models.vault import MemoryVault
from sync import file_protocol as fp
from sync.attachments import MAX_TRIES, sweep
from sync.bundle import bundle_key
from sync.courier import Courier
from sync.hub import backup, files, people
from sync.hub import tables as h
from sync.hub.blobs import StoreDown
from sync.hub.bundle import take_in
from sync.hub.devices import escrow_key, find_device
from sync.hub.moves import move
from sync.hub.refusal import Refused
from tests.proxy import Fault, Proxy
from tests.sync.attachments.kit import CASE, SCAN, at_hub, entry, hall, only, ready, send, state
from tests.sync.hall_kit import Hall
from tests.sync.hub.fake_desk import HALL

__all__ = ["hall"]


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
    for _ in range(MAX_TRIES + 1):  # however long it lasts, it is not the file's fault
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


def test_a_desk_with_a_stuck_file_can_let_it_go_on(hall: Hall) -> None:
    desk = ready(hall)
    with desk.store.write() as conn:
        conn.execute(update(t.file).values(upload="stuck", reason="样例"))
    assert read_unsent(desk)[0].words == "样例"
    assert send_files(desk, again=True).sent == 1
    assert at_hub(hall) == {only(desk): "here"}
