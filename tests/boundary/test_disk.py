"""A full disk at desk and hub: nothing lost, one sentence, and it works again when there is room."""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.city_hall import PASSWORD
from app.commands.act import Entry
from app.commands.attach import attach, send_files
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.enrol import enrol
from app.commands.sign_in import sign_in
from app.config import Profile
from app.queries.cases import read_state
from app.queries.files import read_files
from app.sample import filled, pick
from models.errors import KnownError
from models.ops import last_op
from sync.hub.database import Hub, open_hub
from sync.hub.files import scrub
from sync.hub.people import approve, invite
from sync.hub.server import EmbeddedHub
from tests.boundary.compare import Reported, Tally, compare, desk_faults, hub_faults
from tests.boundary.disk import can_mount, file_limit, filled_up, small_disk
from tests.boundary.hall import sync
from tests.desk_kit import everyday_items

pytestmark = pytest.mark.slow
mounts = pytest.mark.skipif(not can_mount(), reason="no file system can be mounted here")


@dataclass
class Pair:
    """A desk and its hub, each in a folder of its own."""

    hub: Hub
    desk: Desk
    hub_folder: Path
    desk_folder: Path

    def check(self) -> None:
        report = sync(self.desk)
        assert (report.problems, report.pending) == ([], 0)
        tally = Tally()
        compare(tally, self.desk, self.hub)
        tally.add(desk_faults(self.desk, ()), "desk")
        tally.add(hub_faults(self.hub), "hub")
        assert tally.clean, tally


@contextlib.contextmanager
def pair(city_hub: Path, hub_folder: Path, desk_folder: Path) -> Iterator[Pair]:
    shutil.copytree(city_hub, hub_folder / "hub")
    hub = open_hub(hub_folder / "hub")
    with EmbeddedHub(hub) as server:
        profile = Profile(desk_folder / "desk")
        reply = enrol(profile, server.url, invite(hub, "370911", "370911-07"), "T0718", PASSWORD)
        approve(hub, reply.device)
        desk = sign_in(profile, "T0718", PASSWORD)
        try:
            assert sync(desk).problems == []
            yield Pair(hub, desk, hub_folder, desk_folder)
        finally:
            desk.store.close()
    hub.close()


@pytest.fixture
def on_small_disks(tmp_path: Path, city_hub: Path) -> Iterator[Pair]:
    with (
        small_disk(tmp_path / "hub-disk", 48) as one,
        small_disk(tmp_path / "desk-disk", 48) as two,
        pair(city_hub, one, two) as made,
    ):
        yield made


@pytest.fixture
def on_one_disk(tmp_path: Path, city_hub: Path) -> Iterator[Pair]:
    with pair(city_hub, tmp_path / "a", tmp_path / "b") as made:
        yield made


def take_in(desk: Desk, count: int, seed: int) -> tuple[list[Reported], list[str]]:
    """(acts whose commit returned, sentences of those that could not be done)."""
    rng = random.Random(seed)
    done: list[Reported] = []
    told: list[str] = []
    for item in pick(everyday_items(), rng, count):
        try:
            changes = intake_line(desk, filled(item, rng))
        except KnownError as error:
            told.append(str(error))
            continue
        with desk.store.read() as conn:
            done.append(Reported(last_op(conn)[0], changes.op_id, changes.number))
    return done, told


@mounts
def test_a_full_disk_at_the_desk_loses_no_act(on_small_disks: Pair) -> None:
    desk = on_small_disks.desk
    with filled_up(on_small_disks.desk_folder, leave=200_000):
        done, told = take_in(desk, 60, 1)
        assert done
        assert told
        assert {sentence for sentence in told if "磁盘" not in sentence} == set()
        assert desk_faults(desk, done) == []
        report = sync(desk)  # what is told is up to the room that is left; nothing may be lost by it
        assert all("磁盘" in problem for problem in report.problems)
    more, told = take_in(desk, 5, 2)
    assert told == []
    assert desk_faults(desk, [*done, *more]) == []
    on_small_disks.check()


@mounts
def test_a_full_disk_at_the_hub_loses_no_act(on_small_disks: Pair) -> None:
    desk = on_small_disks.desk
    done, _ = take_in(desk, 60, 3)
    with filled_up(on_small_disks.hub_folder):
        report = sync(desk)
        assert report.pending == len(done)
        assert len(set(report.problems)) == 1
        assert "办件都还在本机" in report.problems[0]
        assert hub_faults(on_small_disks.hub) == []
        assert desk_faults(desk, done) == []
    on_small_disks.check()


def test_a_limit_on_files_at_the_desk_loses_no_act(on_one_disk: Pair) -> None:
    """The same without a mount: the desk's log may not grow any more, as under a quota."""
    desk = on_one_disk.desk
    log = desk.store.path.with_name(desk.store.path.name + "-wal")
    with file_limit(log.stat().st_size + 200_000):
        done, told = take_in(desk, 60, 4)
    assert done
    assert told
    more, told = take_in(desk, 5, 5)
    assert told == []
    assert desk_faults(desk, [*done, *more]) == []
    on_one_disk.check()


def with_a_case(desk: Desk) -> Entry:
    changes = intake_line(desk, filled(pick(everyday_items(), random.Random(6), 1)[0], random.Random(6)))
    state = read_state(desk, changes.case_id)
    assert state is not None
    return Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))


def largest(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_scan_that_has_no_room_is_told_and_takes_none(on_one_disk: Pair) -> None:
    """At the desk, then in the store behind the hub: no half file, no half act, and it goes on with room."""
    desk, entry = on_one_disk.desk, with_a_case(on_one_disk.desk)
    assert sync(desk).problems == []
    scan = random.Random(7).randbytes(6_000_000)
    sealed = desk.store.path.parent / "files"
    with (
        file_limit(largest(on_one_disk.desk_folder) + 1_000_000),
        pytest.raises(KnownError, match="磁盘已满"),
    ):
        attach(desk, entry, scan, title="样例扫描件")
    assert [path for path in sealed.rglob("*") if path.is_file()] == []
    assert read_files(desk, entry.case_id) == []
    attach(desk, entry, scan, title="样例扫描件")
    assert sync(desk).problems == []
    with file_limit(largest(on_one_disk.hub_folder) + 1_000_000):
        report = send_files(desk)  # the pieces have room, the whole file has not
    assert (report.sent, report.waiting, report.stuck, len(report.problems)) == (0, 1, 0, 1)
    assert "附件都还在工作站" in report.problems[0]
    assert scrub(on_one_disk.hub).broken == ()
    assert send_files(desk).sent == 1
    counted = scrub(on_one_disk.hub)
    assert (counted.here, counted.awaited, counted.broken) == (1, 0, ())
    on_one_disk.check()
