"""摆渡包 and line in any order, with repeats and losses: nothing lost, nothing doubled, all level."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.commands.batch import intake_line
from app.commands.bundle import export_bundle, import_bundle
from app.commands.context import Desk
from app.commands.enrol import enrol
from app.commands.sign_in import sign_in
from app.commands.verify import verify_replica
from app.config import Profile
from app.queries.cases import read_state
from app.sample import filled
from models.domain.case import decode_state
from models.errors import KnownError
from models.projection import differences
from models.tables import replica as t
from sync.apply import cursor, local_checksum
from sync.hub import tables as h
from sync.hub.backup import backup, restore
from sync.hub.bundle import take_in
from sync.hub.database import Hub, init_hub, open_hub, system_ms
from sync.hub.people import approve, invite
from sync.hub.server import EmbeddedHub
from sync.hub.setup import load_city
from tests.desk_kit import CITY, item
from tests.ready_hub import city_hub
from tests.sync.test_engine import sync

pytestmark = pytest.mark.slow

PASSWORD = "口令-sample"
STEPS = ("accept", "export", "take", "import", "sync", "other", "repeat", "again", "lose")


@dataclass
class Hall:
    hub: Hub
    server: EmbeddedHub
    desks: list[Desk]
    folder: Path
    files: int = 0
    out: list[Path] = field(default_factory=list)
    back: list[Path] = field(default_factory=list)

    def export(self) -> Path:
        self.files += 1
        path = self.folder / f"{self.files}.thb"
        export_bundle(self.desks[0], path)
        return path

    def take(self, path: Path) -> Path:
        self.files += 1
        reply = self.folder / f"{self.files}.thb"
        reply.write_bytes(take_in(self.hub, path.read_bytes())[1])
        return reply

    def carry(self) -> None:
        import_bundle(self.desks[0], self.take(self.export()))


@contextmanager
def opened(folder: Path, database: str | None = None) -> Iterator[Hall]:
    if database is None:
        hub = city_hub(folder / "hub", PASSWORD)
    else:
        hub = init_hub(folder / "hub", database)
        load_city(hub, CITY, PASSWORD)
    server = EmbeddedHub(hub)
    server.start()
    desks: list[Desk] = []
    for window, staff in (("370911-07", "T0718"), ("370911-08", "T0719")):
        profile = Profile(folder / staff)
        reply = enrol(profile, server.url, invite(hub, "370911", window), staff, PASSWORD)
        approve(hub, reply.device)
        desks.append(sign_in(profile, staff, PASSWORD))
        assert sync(desks[-1]).problems == []
    hall = Hall(hub, server, desks, folder)
    try:
        yield hall
    finally:
        for desk in desks:
            desk.store.close()
        server.stop()
        hall.hub.close()


def accept(desk: Desk, seed: int) -> None:
    intake_line(desk, filled(item("SB012"), random.Random(seed)))


@contextmanager
def overtaken() -> Iterator[None]:
    """Inside, a bundle may be refused because all of it is known; for no other reason."""
    try:
        yield
    except KnownError as refused:
        if "都已包括" not in str(refused):
            raise


def level(hall: Hall, desk: Desk) -> None:
    """The desk shows what the hub holds, and the hub has each of its ops once."""
    assert verify_replica(desk) == []
    with desk.store.read() as conn:
        here = set(conn.execute(select(t.case_view.c.case_id)).scalars())
        made = list(conn.execute(select(t.op.c.op_id).order_by(t.op.c.dseq)).scalars())
        states = set(conn.execute(select(t.op_status.c.state)).scalars())
        digest = local_checksum(conn, desk.device.scope)
    with hall.hub.read() as conn:
        mine = select(h.op_log.c.op_id).where(h.op_log.c.device == desk.device.device)
        assert list(conn.execute(mine.order_by(h.op_log.c.dseq)).scalars()) == made
        rows = conn.execute(select(h.case_head.c.case_id, h.case_head.c.state, h.case_head.c.number)).all()
        nothing_yet = bytes(32)
        assert digest == (conn.execute(select(h.scope_seq.c.checksum)).scalar() or nothing_yet)
        used = conn.execute(select(func.count()).select_from(h.number_ledger)).scalar_one()
    assert states <= {"applied", "merged"}
    assert here == {row.case_id for row in rows}
    assert len({row.number for row in rows}) == len(rows) == used
    for row in rows:
        shown = read_state(desk, row.case_id)
        assert shown is not None
        assert differences(shown, decode_state(row.state)) == []


def step(hall: Hall, name: str, chance: random.Random) -> None:
    one, two = hall.desks
    match name:
        case "accept":
            accept(one, chance.randrange(10_000))
        case "export":
            hall.out.append(hall.export())
        case "take" | "repeat" if hall.out:
            hall.back.append(hall.take(chance.choice(hall.out)))
        case "import" | "again" if hall.back:
            with overtaken():
                import_bundle(one, chance.choice(hall.back))
        case "sync":
            assert sync(one).problems == []
        case "other":
            accept(two, chance.randrange(10_000))
            assert sync(two).problems == []
        case "lose":
            del hall.out[:1], hall.back[:1]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from(STEPS), min_size=5, max_size=16), seed=st.integers(0, 999))
def test_any_mixture_ends_level(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], seed: int
) -> None:
    with opened(tmp_path_factory.mktemp("mix")) as hall:
        one, two = hall.desks
        chance = random.Random(seed)
        for name in steps:
            with one.store.read() as conn:
                before = cursor(conn, one.device.scope)
            step(hall, name, chance)
            with one.store.read() as conn:
                after = cursor(conn, one.device.scope)
            assert after[0] == before[0]
            assert after[1] >= before[1]  # never back
        hall.carry()
        assert sync(two).problems == []
        level(hall, one)
        level(hall, two)


def test_a_hub_restored_from_a_backup_is_told_all_again_by_files(tmp_path: Path) -> None:
    with opened(tmp_path) as hall:
        one, _ = hall.desks
        hall.server.stop()
        accept(one, 1)
        hall.carry()
        backup(hall.hub, tmp_path / "saved.db")
        accept(one, 2)
        before = hall.take(hall.export())
        hall.hub.close()
        restore(hall.hub.data_dir, tmp_path / "saved.db", system_ms())
        hall.hub = open_hub(hall.hub.data_dir)
        for _ in range(3):
            hall.carry()
        level(hall, one)
        with pytest.raises(KnownError, match="都已包括"):
            import_bundle(one, before)
        level(hall, one)


@pytest.mark.postgres
def test_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    with opened(tmp_path, postgres_database) as hall:
        one, two = hall.desks
        accept(one, 1)
        path = hall.export()
        first = hall.take(path)
        hall.take(path)
        import_bundle(one, first)
        assert sync(two).problems == []
        level(hall, one)
        level(hall, two)
