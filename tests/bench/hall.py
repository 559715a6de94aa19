"""A real hub process and real desks with offline cases, made by one generator with a fixed seed."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy import select

from app.city_hall import PASSWORD, CityHall
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.sign_in import sign_in
from app.config import Profile
from app.sample import filled, pick
from models.domain.case import decode_state
from models.tables import replica as t
from sync.client import HubClient
from sync.engine import SyncEngine, SyncReport
from sync.leases import add_blocks
from sync.protocol import NumbersRequest
from tests.desk_kit import everyday_items

SEED = 20_261_123
WINDOWS = (("370911-07", "T0718"), ("370911-08", "T0719"))


def open_desk(hall: CityHall, folder: Path, place: int) -> Desk:
    """Desk number ``place`` of the hall: enrolled, signed in, with the catalogue."""
    window, staff = WINDOWS[place]
    hall.enrol(Profile(folder), window, staff)
    desk = sign_in(Profile(folder), staff, PASSWORD)
    report = engine(desk).run()
    assert not report.problems, report.problems
    return desk


def engine(desk: Desk, url: str = "", on_progress: Callable[[int, int], None] | None = None) -> SyncEngine:
    """The desk's engine, through ``url`` (a relay) when given."""
    device = msgspec.structs.replace(desk.device, hub_url=url) if url else desk.device
    return SyncEngine(desk.store, device, desk.device_key, desk.rulebook, desk.clock, on_progress)


def add_numbers(desk: Desk, count: int) -> None:
    with HubClient(desk.device.hub_url) as client:
        client.open_session(desk.device.device, desk.device_key, 0, desk.device.hub_key)
        year = desk.clock.now().day.year
        request = NumbersRequest(request_id=secrets.token_hex(16), year=year, have=0, want=count)
        blocks = client.numbers(request).blocks
    with desk.store.write() as conn:
        add_blocks(conn, blocks)


def accept_offline(desk: Desk, count: int) -> None:
    """Accept ``count`` cases over all items of the demo city, the same ones in each run."""
    rng = random.Random(SEED)
    for item in pick(everyday_items(), rng, count):
        intake_line(desk, filled(item, rng))


def write_documents(desk: Desk, path: Path) -> int:
    """The desk's case states as JSON documents, one a line; tells how many."""
    count = 0
    with desk.store.read() as conn, path.open("wb") as file:
        for row in conn.execute(select(t.case_view.c.state).order_by(t.case_view.c.case_id)):
            document = msgspec.to_builtins(decode_state(row.state))
            file.write(msgspec.json.encode({"_id": document.pop("case_id"), **document}) + b"\n")
            count += 1
    return count


def confirmed(desk: Desk) -> set[str]:
    """Ids of the cases the hub has confirmed to this desk."""
    with desk.store.read() as conn:
        return set(conn.execute(select(t.case_confirmed.c.case_id)).scalars())


def clean(report: SyncReport) -> bool:
    return not (report.problems or report.pending or report.conflicts or report.rejected)
