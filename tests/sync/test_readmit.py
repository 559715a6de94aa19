"""A restored hub that does not know a machine: its own word for it, and a person's approval, let it in again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, update

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.commands.recover import renew
from app.commands.verify import verify_replica
from models.crypto import BadSignature, sign
from models.errors import KnownError
from models.keys import DeviceSecrets
from models.rulebook import Rulebook
from models.store import create_store, open_store
from models.tables import replica as t
from sync.bundle import bundle_key
from sync.client import HubClient
from sync.courier import Courier
from sync.former import read_words
from sync.hub import people
from sync.hub import tables as h
from sync.hub.backup import backup, start_epoch
from sync.hub.bundle import take_in
from sync.hub.closed import FILE, REVOKED, SUCCEEDED, ClosedFile, merged
from sync.hub.devices import find_device
from sync.hub.readmit import readmit, registered
from sync.hub.recovery import release
from sync.hub.refusal import Refused
from sync.words import Registration, SignedRegistration, registration_payload
from tests.desk_kit import DATA_KEY
from tests.sync.hall_kit import Hall, open_hall, shown
from tests.sync.hub.fake_desk import COMPLETE, HALL, ITEM, WINDOW
from tests.sync.test_place import kept, put_back

ESCROWED = b"e" * 32  # what the desks of the kit enrol with


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


def restored(hall: Hall, rows: dict[str, list[dict[str, object]]]) -> None:
    put_back(hall, rows)
    with hall.hub.write() as conn:
        start_epoch(conn, hall.hub.now_ms(), None, hall.hub.closed.all())


def accepted(desk: Desk) -> str:
    entry = Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=COMPLETE)
    return intake.accept(desk, entry).case_id


def status(hall: Hall, device: str) -> str:
    with hall.hub.read() as conn:
        found = find_device(conn, device)
    return found.status if found is not None else ""


def outcomes(desk: Desk) -> set[str]:
    with desk.store.read() as conn:
        return set(conn.execute(select(t.op_status.c.state)).scalars())


def recovered(hall: Hall, desk: Desk, name: str) -> Desk:
    """``desk recover`` of this machine, its replica made beside the old one."""
    code = release(hall.hub, desk.device.device)
    held = DeviceSecrets(data_key=DATA_KEY, device_key=desk.device_key)
    path = hall.folder / f"{name}.db"
    with HubClient(desk.device.hub_url, clock=desk.clock) as client:
        new = renew(
            desk.store,
            desk.device,
            held,
            client,
            desk.clock,
            code,
            "T0718",
            "样例机",
            lambda: create_store(path, DATA_KEY),
        )
    lease = msgspec.structs.replace(desk.lease, device=new.facts.device)
    made = replace(
        desk,
        store=open_store(path, DATA_KEY),
        device=new.facts,
        device_key=new.key,
        lease=lease,
        rulebook=Rulebook(),
    )
    hall.open.append(made)
    return made


def test_a_machine_enrolled_after_the_backup_comes_back_with_all_its_cases(hall: Hall) -> None:
    before = kept(hall)
    desk = hall.desk()
    hall.sync(desk)
    case = accepted(desk)
    hall.sync(desk)
    number = hall.states()[case].number
    restored(hall, before)
    report = hall.sync(desk)
    assert "等管理员核准" in report.problems[0]
    assert status(hall, desk.device.device) == "pending"
    assert hall.states() == {}  # nothing of it is taken in before a person says so
    people.approve(hall.hub, desk.device.device)
    report = hall.sync(desk)
    assert (report.problems, report.pending) == ([], 0)
    assert hall.states()[case].number == number
    assert outcomes(desk) == {"applied"}
    assert verify_replica(desk) == []
    with hall.hub.read() as conn:
        kinds = set(conn.execute(select(h.alarm.c.kind)).scalars())
    assert "device_readmit" in kinds


def test_a_machine_recovered_after_the_backup_brings_back_what_it_did_under_both_names(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    first = accepted(desk)
    hall.sync(desk)
    before = kept(hall)
    second = accepted(desk)
    hall.sync(desk)  # the hub has it, and the backup does not
    again = recovered(hall, desk, "again")
    third = accepted_after(hall, again)
    restored(hall, before)
    assert set(hall.states()) == {first}
    assert status(hall, desk.device.device) == "frozen"  # the list beside the database knows
    hall.sync(again)
    people.approve(hall.hub, again.device.device)
    assert hall.sync(again).problems == []
    hall.sync(again)
    assert set(hall.states()) == {first, second, third} == set(shown(again))
    with hall.hub.read() as conn:
        ids = list(conn.execute(select(h.op_log.c.op_id)).scalars())
    assert len(ids) == len(set(ids)) == 3
    assert verify_replica(again) == []
    assert "暂停" in hall.sync(desk).problems[0] or "停用" in hall.sync(desk).problems[0]


def accepted_after(hall: Hall, desk: Desk) -> str:
    hall.sync(desk)
    case = accepted(desk)
    hall.sync(desk)
    return case


def test_recovered_twice_since_the_backup_both_former_names_are_closed(hall: Hall) -> None:
    before = kept(hall)
    desk = hall.desk()
    hall.sync(desk)
    cases = {accepted(desk)}
    hall.sync(desk)
    second = recovered(hall, desk, "second")
    cases.add(accepted_after(hall, second))
    third = recovered(hall, second, "third")
    cases.add(accepted_after(hall, third))
    restored(hall, before)
    hall.sync(third)
    people.approve(hall.hub, third.device.device)
    hall.sync(third)
    hall.sync(third)
    assert set(hall.states()) == cases
    assert [status(hall, one.device.device) for one in (desk, second, third)] == [
        "frozen",
        "frozen",
        "approved",
    ]
    assert verify_replica(third) == []


def test_what_was_revoked_stays_revoked(hall: Hall) -> None:
    before = kept(hall)
    desk = hall.desk()
    hall.sync(desk)
    accepted(desk)
    hall.sync(desk)
    people.revoke(hall.hub, desk.device.device)
    restored(hall, before)
    report = hall.sync(desk)
    assert report.revoked
    assert status(hall, desk.device.device) == "revoked"
    with pytest.raises(KnownError, match="撤销"):
        people.approve(hall.hub, desk.device.device)
    assert hall.states() == {}


def test_a_revocation_that_the_backup_lacks_is_said_again(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    before = kept(hall)
    people.revoke(hall.hub, desk.device.device)
    restored(hall, before)
    assert status(hall, desk.device.device) == "revoked"


def test_only_this_hubs_word_for_this_machine_by_this_machine_counts(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    device, hub = desk.device.device, hall.hub
    with hub.read() as conn:
        good = registered(hub, conn, device, HALL, b"")
    assert good is not None
    with hub.write() as conn:
        conn.exec_driver_sql("DELETE FROM device")
    word = msgspec.msgpack.decode(good.registration, type=Registration)
    unsealed = msgspec.msgpack.encode(msgspec.structs.replace(word, escrow=bytes(60)))
    for bad in (
        SignedRegistration(
            registration=good.registration,
            signature=sign(desk.device_key, registration_payload(good.registration)),
        ),
        SignedRegistration(
            registration=good.registration, signature=sign(hub.keys.signing, good.registration)
        ),
        SignedRegistration(
            registration=unsealed, signature=sign(hub.keys.signing, registration_payload(unsealed))
        ),
        SignedRegistration(registration=b"?", signature=sign(hub.keys.signing, registration_payload(b"?"))),
    ):
        with pytest.raises(Refused) as told:
            readmit(hub, device, [bad], lambda key: None)
        assert told.value.code == "bad_signature"

    def not_its_key(key: bytes) -> None:
        assert key == word.public_key
        raise BadSignature("session")

    with pytest.raises(Refused):
        readmit(hub, device, [good], not_its_key)
    with pytest.raises(Refused):
        readmit(hub, "d00000000000", [good], lambda key: None)
    assert status(hall, device) == ""
    readmit(hub, device, [good, good], lambda key: None)
    readmit(hub, device, [good], lambda key: None)
    assert status(hall, device) == "pending"


def test_the_word_is_sent_once_and_again_when_it_changes(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    with desk.store.read() as conn:
        held = read_words(conn, desk.device.device)
    assert len(held) == 1
    line = hall.line()
    hall.sync(desk, line)
    usual = line.received["/v1/session"]
    with hall.hub.write() as conn:
        conn.execute(update(h.device).values(window=f"{WINDOW}"[:-1] + "8"))
    line = hall.line()
    hall.sync(desk, line)
    assert line.received["/v1/session"] > usual + 64
    with desk.store.read() as conn:
        assert read_words(conn, desk.device.device) != held


def test_a_desk_that_only_knows_sticks_comes_back_by_stick(hall: Hall) -> None:
    before = kept(hall)
    desk = hall.desk()
    hall.sync(desk)
    case = accepted(desk)
    hall.sync(desk)
    restored(hall, before)
    courier = Courier(
        desk.store,
        desk.device,
        desk.device_key,
        desk.rulebook,
        desk.clock,
        bundle_key(ESCROWED, desk.device.device),
    )
    with desk.store.write() as conn:
        conn.execute(update(t.op_status).values(state="pending"))
    data, count = courier.export()
    assert count == 1
    torn = bytearray(data)
    torn[-1] ^= 1
    with pytest.raises(KnownError, match="改动"):
        take_in(hall.hub, bytes(torn))
    assert status(hall, desk.device.device) == ""
    with pytest.raises(KnownError, match="核准"):
        take_in(hall.hub, data)
    people.approve(hall.hub, desk.device.device)
    taken, _ = take_in(hall.hub, data)
    assert (taken.ops, taken.problems) == (1, ())
    assert set(hall.states()) == {case}


def test_the_list_beside_the_database_survives_a_torn_line(tmp_path: Path) -> None:
    closed = ClosedFile(tmp_path)
    assert closed.all() == {}
    closed.add(["d1"], REVOKED)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"device":"d2","wh')
    closed.add(["d1", "d3"], SUCCEEDED)
    assert closed.all() == {"d1": REVOKED, "d3": SUCCEEDED}
    assert merged([("d4", SUCCEEDED), ("d4", REVOKED)]) == {"d4": REVOKED}
    (tmp_path / "nowhere").touch()
    with pytest.raises(KnownError):
        ClosedFile(tmp_path / "nowhere").add(["d1"], REVOKED)


def test_the_backup_command_tells_what_has_to_be_kept_beside_it(hall: Hall, tmp_path: Path) -> None:
    """What no database can remember of itself lies beside it; a backup holds neither."""
    target = tmp_path / "copy.db"
    desk = hall.desk()
    people.revoke(hall.hub, desk.device.device)
    if hall.hub.db.is_sqlite:
        backup(hall.hub, target)
        assert target.is_file()
    assert desk.device.device in (hall.hub.data_dir / FILE).read_text()
