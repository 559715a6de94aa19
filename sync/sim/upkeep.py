"""What administrators do to machines and data in a simulated world: moves, recoveries, rekeys, compaction."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select

from models.crypto import random_key
from models.errors import KnownError
from models.store import Store
from sync.client import HubClient
from sync.hub import people
from sync.hub import tables as t
from sync.hub.compact import compact
from sync.hub.devices import find_device
from sync.hub.moves import move
from sync.hub.recovery import release
from sync.sim.disk import Crash, Disk, SimStore
from sync.sim.network import SimTransport
from sync.sim.scenery import HALLS, window_of
from sync.sim.world import Event, Handler, SimDesk, World

DAY_MS = 24 * 3600 * 1000


def _move(world: World, event: Event, rng: random.Random) -> None:
    """The machine goes to a window of another hall; it learns of it when it next reconciles."""
    desk = world.desks[event.desk]
    with world.hub.read() as conn:
        known = find_device(conn, desk.facts.device)
    if known is None:
        return
    hall = next(hall for hall in HALLS if hall != known.scope)
    desk.left.add(known.scope)
    if give_window(world, desk, hall):
        world.count("desk moved")
        world.say(f"{desk.name}被调到{hall}大厅")


def give_window(world: World, desk: SimDesk, hall: str) -> bool:
    """False when the hub did not: frozen, revoked, or its disk is full."""
    try:
        move(world.hub, desk.facts.device, window_of(hall, world.desks.index(desk)), hall)
    except KnownError:
        return False
    desk.hall = hall
    return True


def _fold(world: World, event: Event, rng: random.Random) -> None:
    """The hub's feed is folded; desks that were away longer have to take a snapshot."""
    days = rng.choice((1, 1, 3, 30))
    with world.hub.read() as conn:
        world.folded = {**world.folded, **{(row.scope, row.seq): row for row in conn.execute(select(t.feed))}}
    try:
        folded = sum(done.folded for done in compact(world.hub, days))
    except KnownError:
        return  # its disk is full
    if folded:
        world.count("feed folded")
    world.say(f"中心精简{days}天以前的序列，收起{folded}步")


def _season(world: World, event: Event, rng: random.Random) -> None:
    """So long that desks drop what the hub has attested to hold."""
    world.time.pass_ms(rng.randrange(91 * DAY_MS, 100 * DAY_MS))
    world.say("过了三个月")


def _rekey(world: World, event: Event, rng: random.Random) -> None:
    """desk rekey: the replica of this machine gets another data key."""
    desk = world.desks[event.desk]
    desk.next_key = random_key()
    try:
        world.clerk.rekey(desk, desk.data_key, desk.next_key)
    except KnownError as error:
        world.say(f"{desk.name}没有换密：{error}")
    else:
        desk.data_key = desk.next_key
        world.count("desk rekeyed")
        world.say(f"{desk.name}换了密")
    desk.next_key = b""


def _release(world: World, event: Event, rng: random.Random) -> None:
    """The administrator gives out a recovery code, mostly where a machine needs one."""
    desk = world.desks[event.desk]
    if not desk.rolled_back and rng.random() < 0.7:
        return
    try:
        code = release(world.hub, desk.facts.device)
    except KnownError:
        return  # revoked, or the hub's disk is full
    desk.code = code
    desk.closed_ms = world.time.now_ms
    world.say(f"管理员给{desk.name}发了恢复码")


def _recover(world: World, event: Event, rng: random.Random) -> None:
    """desk recover at the first machine that has a code; it may be cut at any step and done again."""
    for desk in world.desks[event.desk :] + world.desks[: event.desk]:
        if desk.code and desk.name not in world.busy:
            recover(world, desk, rng, breaks=rng.random() < 0.3)
            return


def recover(world: World, desk: SimDesk, rng: random.Random, *, breaks: bool = False) -> bool:
    """Whether the machine has a new identity now.  ``breaks``: it loses power while the replica is made."""
    fresh = Disk(desk.name, world.scenery.blank, quick=world.quick, meter=world.meter)
    if breaks:
        fresh.crash_at(1, after=rng.random() < 0.5)

    def make() -> Store:
        return SimStore(fresh)

    transport = SimTransport(desk.line, rng, world.deliver, lambda: None)
    try:
        with HubClient(desk.facts.hub_url, clock=desk.clock, transport=transport) as client:
            facts, key = world.clerk.recover(desk, desk.data_key, desk.code, client, make)
    except KnownError as error:
        fresh.close()
        if desk.line.quiet:
            desk.code = ""  # the hub has forgotten the code, or does not let this machine in
        world.say(f"{desk.name}没有恢复成：{error}")
        return False
    except Crash:
        fresh.close()
        raise
    desk.disk.disarm()
    desk.disk.put_back(fresh.image())
    fresh.close()
    desk.formers[desk.facts.device] = desk.closed_ms
    if desk.rolled_back:  # numbers of the time that was wiped out are not this machine's any more
        desk.done = [replace(done, number="") for done in desk.done]
    desk.facts, desk.key, desk.code = facts, key, ""
    desk.rolled_back = False
    desk.start()
    world.count("desk recovered")
    world.say(f"{desk.name}以新的身份恢复")
    return True


def _approve(world: World, event: Event, rng: random.Random) -> None:
    """The administrator looks through the machines that a restored hub does not know and that ask to come in."""
    for line in people.list_devices(world.hub):
        desk = next((one for one in world.desks if one.facts.device == line.device), None)
        if line.status != "pending" or desk is None:
            continue
        try:
            people.approve(world.hub, line.device)
        except KnownError:
            continue  # its disk is full
        world.count("desk let in again")
        world.say(f"管理员核准{desk.name}重新登记")


def finish_recoveries(world: World) -> None:
    """What was begun, or lost with a restored backup, is done to the end; call it once all is mended.

    A machine that was put back to an older disk and not released stays as it is.
    """
    for desk in world.desks:
        with world.hub.read() as conn:
            known = find_device(conn, desk.facts.device)
        if known is None:
            world.sync(desk, random.Random(0))  # it shows the hub's own word for it
    _approve(world, Event(place=0, kind="approve", desk=0, chance=0, wait_ms=0), random.Random(0))
    for desk in world.desks:
        with world.hub.read() as conn:
            known = find_device(conn, desk.facts.device)
        if desk.revoked or desk.rolled_back or known is None or known.status != "frozen":
            desk.code = desk.code if desk.rolled_back else ""
            continue
        desk.code = release(world.hub, desk.facts.device)
        desk.closed_ms = desk.closed_ms or world.time.now_ms
        recover(world, desk, random.Random(0))


UPKEEP: Mapping[str, Handler] = {
    "move": _move,
    "fold": _fold,
    "season": _season,
    "rekey": _rekey,
    "release": _release,
    "recover": _recover,
    "approve": _approve,
}
