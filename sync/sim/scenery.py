"""The world before anything happens: a hub with a catalogue, two halls' desks enrolled and level."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

import msgspec
from sqlalchemy import insert

from models import upgrade
from models.crypto import public_key, sign
from models.device import DeviceFacts
from models.domain.catalog import Bundle, Department, Item
from models.rulebook import Rulebook
from sync.engine import SyncEngine
from sync.hub import devices, migrate, people
from sync.hub import tables as t
from sync.hub.api import Api
from sync.hub.database import Hub
from sync.hub.keys import HubKeys
from sync.hub.places import publish_directory
from sync.hub.publish import publish_catalog
from sync.protocol import EnrolRequest, enrol_payload
from sync.sim.chance import HashSigning, simulated
from sync.sim.clock import DeskClock, SimTime
from sync.sim.disk import Disk, SimDatabase, SimGranted, SimStore
from sync.sim.network import Line, SimTransport, answer
from sync.sim.world import HUB, Scenery

HALLS = ("370911", "370921")
NOWHERE = Path("simulated")


def build(
    departments: tuple[Department, ...], items: tuple[Item, ...], desks: int, bundle: Bundle
) -> Scenery:
    """Three desks in four stand in the first hall, the others in the second."""
    signing = HashSigning()
    with simulated(random.Random(0), signing):
        keys = HubKeys(signing=_key("hub"), master=_key("master"))
        signing.public(keys.signing)
        time = SimTime()
        disk = Disk(HUB, b"")
        migrate.upgrade(disk.engine)
        database = SimDatabase(disk)
        with database.write() as conn:
            for name, value in (("hub_id", b"h"), ("epoch", b"e0"), ("public_key", keys.public)):
                conn.execute(insert(t.hub_meta).values(key=name, value=value))
        hub = Hub(NOWHERE, database, keys, lambda: time.now_ms, granted=SimGranted())
        publish_directory(hub, _directory(desks))
        publish_catalog(hub, departments, items, bundles=(bundle,))
        blank = Disk("blank", b"")
        upgrade.run(blank.conn)
        image = blank.image()
        made = []
        for index in range(desks):
            facts, key = _enrol(hub, index)
            made.append((f"窗口{index + 1}", facts, key, _levelled(hub, time, facts, key, image)))
        result = Scenery(
            keys=keys,
            hub_image=disk.image(),
            blank=image,
            desks=tuple(made),
            signing=signing,
            folder=NOWHERE,
            data_key=_key("escrow"),
        )
        blank.close()
        disk.close()
    return result


def _key(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _hall(index: int) -> str:
    return HALLS[1] if index % 4 == 3 else HALLS[0]


def window_of(hall: str, index: int) -> str:
    """The window of the desk with that index in a hall."""
    return f"{hall}-{index + 1:02d}"


def _directory(desks: int) -> bytes:
    halls = [{"id": hall, "name": f"样例大厅{hall}", "division": hall} for hall in HALLS]
    # Every machine has a place in each hall, to be moved to.
    windows = [
        {"id": window_of(hall, i), "hall": hall, "name": f"{i + 1} 号窗"}
        for hall in HALLS
        for i in range(desks)
    ]
    return msgspec.json.encode({"halls": halls, "windows": windows, "departments": []})


def _enrol(hub: Hub, index: int) -> tuple[DeviceFacts, bytes]:
    hall = _hall(index)
    key = _key(f"desk{index}")
    public = public_key(key)
    code = people.invite(hub, hall, window_of(hall, index))
    request = EnrolRequest(
        code=code,
        device_key=public,
        label="样例机",
        escrow_key=_key("escrow"),
        signature=sign(key, enrol_payload(code, public)),
    )
    reply = devices.enrol(hub, request)
    people.approve(hub, reply.device)
    facts = DeviceFacts(
        device=reply.device,
        hub_url="http://127.0.0.1",
        hub_key=hub.keys.public,
        scope=reply.scope,
        hall_name=reply.hall_name,
        window=reply.window,
        window_name=reply.window_name,
        division=reply.division,
    )
    return facts, key


def _levelled(hub: Hub, time: SimTime, facts: DeviceFacts, key: bytes, image: bytes) -> bytes:
    """The replica after a first undisturbed round: catalogue, directory and numbers are there."""
    disk = Disk(facts.device, image)
    api = Api(hub)
    engine = SyncEngine(
        SimStore(disk),
        facts,
        key,
        Rulebook(),
        DeskClock(time, 0, 0),
        transport=lambda: SimTransport(
            Line(), random.Random(0), lambda sent: answer(api, sent), lambda: None
        ),
    )
    report = engine.run()
    if report.problems:
        raise RuntimeError(report.problems[0])
    levelled = disk.image()
    disk.close()
    return levelled


def pick_items(items: Sequence[Item], count: int) -> tuple[Item, ...]:
    """A few small items of different domains: what they ask is not what is simulated here."""
    order = sorted(items, key=lambda i: (len(i.fields) + len(i.materials) + len(i.points), i.id))
    chosen: list[Item] = []
    domains: set[str] = set()
    for item in order:
        if item.domain.value not in domains:
            chosen.append(item)
            domains.add(item.domain.value)
    rest = [item for item in order if item not in chosen]
    return tuple([*chosen, *rest][:count])
