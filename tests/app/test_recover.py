"""The way out of a frozen device, with real files: rolled back, copied, cut at a bad moment."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.cli import main
from app.commands import intake, recover
from app.commands.act import Entry
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.enrol import enrol
from app.commands.reconcile import reconcile
from app.commands.sign_in import sign_in
from app.commands.verify import verify_replica
from app.config import Profile
from app.queries.cases import find_cases, read_state
from app.queries.outbox import read_outbox
from app.sample import filled
from models.errors import KnownError
from models.keys import Keyring
from models.tables import replica as t
from sync.engine import SyncEngine, SyncReport
from sync.hub import tables as h
from sync.hub.database import Hub
from sync.hub.moves import move
from sync.hub.people import approve, invite, list_devices, revoke
from sync.hub.recovery import release
from sync.hub.server import EmbeddedHub
from tests.desk_kit import item
from tests.ready_hub import city_hub

PASSWORD = "口令-sample"
STAFF = "T0718"


@dataclass
class Machine:
    hub: Hub
    server: EmbeddedHub
    profile: Profile


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    made = city_hub(tmp_path_factory.mktemp("hub") / "hub", PASSWORD)
    yield made
    made.close()


@pytest.fixture
def machine(hub: Hub, tmp_path: Path) -> Iterator[Machine]:
    """An enrolled machine that has accepted two cases and is level with the hub."""
    with EmbeddedHub(hub) as server:
        profile = Profile(tmp_path / "machine")
        reply = enrol(profile, server.url, invite(hub, "370911", "370911-07"), STAFF, PASSWORD)
        approve(hub, reply.device)
        desk = sign_in(profile, STAFF, PASSWORD)
        assert sync(desk).problems == []
        accepted(desk, 2)
        assert sync(desk).problems == []
        desk.store.close()
        yield Machine(hub, server, profile)


def sync(desk: Desk) -> SyncReport:
    return SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock).run()


def accepted(desk: Desk, count: int) -> list[str]:
    return [
        intake_line(desk, filled(item("SB012"), random.Random(random.random()))).case_id for _ in range(count)
    ]


def at_hub(hub: Hub) -> dict[str, str]:
    with hub.read() as conn:
        rows = conn.execute(select(h.case_head.c.case_id, h.case_head.c.number)).all()
    numbers = [row.number for row in rows if row.number]
    assert len(numbers) == len(set(numbers))
    return {row.case_id: row.number for row in rows}


def accept_again(desk: Desk, case_id: str) -> str:
    state = read_state(desk, case_id)
    assert state is not None
    return intake.accept(
        desk, Entry(case_id=case_id, item_id=state.item_id, fields=dict(state.fields))
    ).number


def test_a_replica_restored_from_yesterday_recovers_and_loses_nothing(machine: Machine) -> None:
    profile, hub = machine.profile, machine.hub
    yesterday = profile.root / "yesterday.db"
    shutil.copyfile(profile.replica, yesterday)
    desk = sign_in(profile, STAFF, PASSWORD)
    today = accepted(desk, 2)
    sync(desk)
    desk.store.close()
    before = at_hub(hub)
    yesterday.replace(profile.replica)
    desk = sign_in(profile, STAFF, PASSWORD)
    assert "desk recover" in sync(desk).problems[0]  # behind the hub: no session
    after = accepted(desk, 3)  # the clerk goes on offline, past the hub's head
    assert sync(desk).problems
    assert sync(desk).pending == 0  # sent once and quarantined
    desk.store.close()
    (line,) = [d for d in list_devices(hub) if d.device == desk.device.device]
    assert (line.status, "副本" in line.reason) == ("frozen", True)
    with pytest.raises(KnownError, match="冻结"):
        approve(hub, desk.device.device)

    done = recover.recover(profile, release(hub, desk.device.device), STAFF, PASSWORD)
    assert (done.offered, done.doubled, done.former) == (3, 2, desk.device.device)
    assert done.report.problems == []
    desk = sign_in(profile, STAFF, PASSWORD)
    assert desk.device.device == done.device != done.former
    # What was only at the hub is here again; of the new acts one had a number of its own.
    assert {c.case_id for c in find_cases(desk, limit=1000)} >= {*before, *after}
    rejected = [row for row in read_outbox(desk) if row.state == "rejected"]
    assert {row.case_id for row in rejected} == set(after[:2])
    assert at_hub(hub)[after[2]]
    numbers = {accept_again(desk, case_id) for case_id in after[:2]}
    assert not numbers & set(before.values())
    assert sync(desk).problems == []
    found = at_hub(hub)
    assert {c: found[c] for c in before} == before
    assert {*before, *today, *after} <= found.keys()
    assert {row.state for row in read_outbox(desk)} <= {"rejected"}  # as history, nothing waits
    assert verify_replica(desk) == []
    desk.store.close()
    assert done.kept.exists()


def test_two_copies_at_work_both_get_a_way_out(machine: Machine, tmp_path: Path) -> None:
    hub = machine.hub
    copy = Profile(tmp_path / "copy")
    shutil.copytree(machine.profile.root, copy.root)
    one, two = sign_in(machine.profile, STAFF, PASSWORD), sign_in(copy, STAFF, PASSWORD)
    mine, other = accepted(one, 1), accepted(two, 3)
    printed = {row.case_id: row.number for row in find_cases(two, limit=1000)}
    assert sync(one).problems == []
    sync(two)
    more = accepted(one, 1)
    assert "已暂停传送" in sync(one).problems[0]  # frozen for both
    device = one.device.device
    one.store.close()
    two.store.close()
    second = recover.recover(copy, release(hub, device), STAFF, PASSWORD)
    first = recover.recover(machine.profile, release(hub, device), STAFF, PASSWORD)
    assert (first.report.problems, second.report.problems) == ([], [])
    assert len({device, first.device, second.device}) == 3
    found = at_hub(hub)
    assert found[mine[0]] == printed[other[0]] != ""
    # Numbers that one copy alone had printed stand; the doubled ones are sent back to a person.
    assert [found.get(c) for c in other] == [None, printed[other[1]], printed[other[2]]]
    assert more[0] not in found
    for profile, case_id in ((copy, other[0]), (machine.profile, more[0])):
        desk = sign_in(profile, STAFF, PASSWORD)
        accept_again(desk, case_id)
        assert sync(desk).problems == []
        assert verify_replica(desk) == []
        desk.store.close()
    assert {*mine, *more, *other} <= at_hub(hub).keys()


@pytest.mark.parametrize("moment", ["_build", "_swap", "write_device", "add"])
def test_cut_at_any_step_the_same_code_or_a_sign_in_goes_on(
    machine: Machine, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, hub = machine.profile, machine.hub
    desk = sign_in(profile, STAFF, PASSWORD)
    waiting = accepted(desk, 2)
    desk.store.close()
    code = release(hub, desk.device.device)

    def cut(*args: object, **kwargs: object) -> None:
        raise KnownError("cut")

    where = {"write_device": Profile, "add": Keyring}.get(moment, recover)
    monkeypatch.setattr(where, moment, cut)
    with pytest.raises(KnownError, match="cut"):
        recover.recover(profile, code, STAFF, PASSWORD)
    monkeypatch.undo()
    if moment in ("_build", "_swap"):
        recover.recover(profile, code, STAFF, PASSWORD)
    desk = sign_in(profile, STAFF, PASSWORD)
    assert desk.device.device != desk.lease.lease_id
    assert sync(desk).problems == []
    assert set(waiting) <= at_hub(hub).keys()
    assert verify_replica(desk) == []
    desk.store.close()


def test_a_second_code_serves_the_same_try(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub took the enrolment in, its answer was lost, and so is the slip with the first code."""
    profile, hub = machine.profile, machine.hub
    former = profile.read_device().device

    def lost(*args: object) -> None:
        raise KnownError("连不上中心。")

    with monkeypatch.context() as patch:
        patch.setattr(recover, "ask_known", lost)
        with pytest.raises(KnownError):
            recover.recover(profile, release(hub, former), STAFF, PASSWORD)
    assert profile.read_device().device == former
    done = recover.recover(profile, release(hub, former), STAFF, PASSWORD)
    assert (done.former, done.report.problems) == (former, [])


@pytest.mark.parametrize("enrolled", [False, True])
def test_a_machine_revoked_since_comes_in_with_no_code(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, *, enrolled: bool
) -> None:
    """Neither with a code given out before, nor as whom it enrolled with it and never heard of."""
    profile, hub = machine.profile, machine.hub
    former = profile.read_device().device
    code = release(hub, former)
    if enrolled:

        def lost(*args: object) -> None:
            raise KnownError("连不上中心。")

        with monkeypatch.context() as patch:
            patch.setattr(recover, "ask_known", lost)
            with pytest.raises(KnownError, match="连不上"):
                recover.recover(profile, code, STAFF, PASSWORD)
    revoke(hub, former)
    with pytest.raises(KnownError):
        recover.recover(profile, code, STAFF, PASSWORD)
    assert profile.read_device().device == former
    ours = [d for d in list_devices(hub) if former in (d.device, d.former)]
    assert {d.status for d in ours} == {"revoked"}
    assert len(ours) == 1 + enrolled


def test_a_recovery_code_serves_its_machine_only(machine: Machine, tmp_path: Path) -> None:
    hub, server = machine.hub, machine.server
    device = machine.profile.read_device().device
    stranger = Profile(tmp_path / "stranger")
    reply = enrol(stranger, server.url, invite(hub, "370911", "370911-08"), "T0719", PASSWORD)
    approve(hub, reply.device)
    code = release(hub, device)
    before = stranger.replica.read_bytes()
    with pytest.raises(KnownError, match="另一台工作站"):
        recover.recover(stranger, code, "T0719", PASSWORD)
    assert len(stranger.replica.read_bytes()) == len(before)
    with pytest.raises(KnownError, match="另一台工作站"):
        enrol(Profile(tmp_path / "new"), server.url, code, STAFF, PASSWORD)
    with pytest.raises(KnownError, match="没有“nobody”"):
        release(hub, "nobody")


def test_a_draft_and_another_clerk_come_along(machine: Machine) -> None:
    from app.commands.drafts import save_draft

    profile, hub = machine.profile, machine.hub
    desk = sign_in(profile, "T0719", PASSWORD)  # a colleague whose ring holds the former key
    entry = Entry(case_id=desk.make_id(), item_id="SB012", fields={"applicant.name": "王样例"})
    save_draft(desk, entry)
    desk.store.close()
    recover.recover(profile, release(hub, desk.device.device), STAFF, PASSWORD)
    desk = sign_in(profile, "T0719", PASSWORD)
    with desk.store.read() as conn:
        assert conn.execute(select(t.draft.c.case_id)).scalars().all() == [entry.case_id]
    accepted(desk, 1)
    assert sync(desk).problems == []
    assert read_outbox(desk) == []
    desk.store.close()


def test_a_moved_machine_brings_what_it_owes_the_old_hall_under_its_new_name(machine: Machine) -> None:
    profile, hub = machine.profile, machine.hub
    desk = sign_in(profile, STAFF, PASSWORD)
    move(hub, desk.device.device, "370921-01", "370921")
    with hub.write() as conn:
        conn.execute(update(h.staff).where(h.staff.c.staff == STAFF).values(scope=""))  # works in both halls
    owed = accepted(desk, 2)  # it has not heard of the move yet
    printed = {case_id: read_state(desk, case_id).number for case_id in owed}  # type: ignore[union-attr]
    desk.store.close()
    done = recover.recover(profile, release(hub, desk.device.device), STAFF, PASSWORD)
    assert (done.offered, done.report.problems, done.report.rejected) == (2, [], 0)
    with hub.read() as conn:
        rows = conn.execute(select(h.case_head).where(h.case_head.c.case_id.in_(owed))).all()
    assert {row.case_id: row.number for row in rows} == printed
    assert {row.scope for row in rows} == {"370911"}


def test_a_provisional_receipt_of_the_former_identity_gets_its_number(machine: Machine) -> None:
    profile, hub = machine.profile, machine.hub
    desk = sign_in(profile, STAFF, PASSWORD)
    with desk.store.write() as conn:
        conn.execute(update(t.number_block).values(next=t.number_block.c.last + 1))
    case_id = intake_line(desk, filled(item("SC005"), random.Random(1), "receive")).case_id
    sync(desk)
    desk.store.close()
    assert at_hub(hub)[case_id] == ""
    recover.recover(profile, release(hub, desk.device.device), STAFF, PASSWORD)
    desk = sign_in(profile, STAFF, PASSWORD)
    assert reconcile(desk).problems == []
    state = read_state(desk, case_id)
    assert state is not None
    assert state.receipt.startswith("临-")
    assert state.number == at_hub(hub)[case_id] != ""
    assert verify_replica(desk) == []
    desk.store.close()


def test_the_commands(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAIHAOBAN_PASSWORD", PASSWORD)
    data, device = str(machine.hub.data_dir), machine.profile.read_device().device
    assert main(["hub", "device", "release", device, "--data", data, "--json"]) == 0
    code = json.loads(capsys.readouterr().out)["code"]
    arguments = ["--profile", str(machine.profile.root), "--staff", STAFF, "--json"]
    assert main(["desk", "recover", "--code", code, *arguments]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["former"], answer["offered"], answer["pending"]) == (device, 0, 0)
    assert main(["hub", "device", "list", "--data", data, "--json"]) == 0
    listed = {d["device"]: d for d in json.loads(capsys.readouterr().out)["devices"]}
    assert (listed[device]["status"], listed[answer["device"]]["former"]) == ("frozen", device)
    assert main(["desk", "recover", "--code", code, *arguments]) == 1
    assert "已经用过" in capsys.readouterr().err
