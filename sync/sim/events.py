"""What can happen in a simulated world, and the schedule that a seed makes of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from models.domain.catalog import Item
from models.errors import KnownError
from sync.compact import KEEP_DAYS
from sync.hub import people
from sync.hub.backup import start_epoch
from sync.hub.bundle import take_in
from sync.hub.files import scrub
from sync.hub.publish import current_catalog, publish_catalog
from sync.sim.clock import DeskClock
from sync.sim.upkeep import UPKEEP, give_window
from sync.sim.world import PIECES, Event, Handler, World

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
YEAR_MS = 365 * DAY_MS

# How often each thing happens, against the others.  Work and rounds always do; of the faults a seed
# has a handful, so that each is seen both alone and with any other.
ALWAYS = {"act": 50, "sync": 26}
FAULTS = {
    "cut": 5,
    "deaf": 3,
    "flaky": 3,
    "mend": 4,
    "power": 5,
    "hub_power": 4,
    "full": 2,
    "hub_full": 1,
    "room": 3,
    "restart": 2,
    "again": 4,
    "pause": 3,
    "month": 1,
    "skew": 2,
    "publish": 1,
    "backup": 2,
    "restore": 1,
    "image": 2,
    "roll_back": 1,
    "revoke": 1,
    "stick_out": 4,
    "stick_in": 4,
    "stick_back": 4,
    "lost_files": 1,
    "move": 2,
    "fold": 2,
    "season": 1,
    "rekey": 2,
    "release": 2,
    "recover": 4,
    "approve": 4,
}
RARE = {
    "restore": 0.35,
    "roll_back": 0.3,
    "revoke": 0.2,
    "month": 0.3,
    "skew": 0.4,
    "move": 0.4,
    "season": 0.25,
}


# What a program says to a stick that it does not take, and why that was.
REFUSALS = {
    "没有拷全": "torn",
    "不完整": "torn",
    "过期": "expired",
    "另一台": "for another desk",
    "都已包括": "overtaken by the line",
}

UPKEEP_EVERY = 3  # in one seed of so many administrators have their hands, by the seed's own number


def has_upkeep(seed: int, *, always: bool = False) -> bool:
    """Whether a seed has what administrators do to machines (:mod:`sync.sim.upkeep`), also in mid-round."""
    return always or seed % UPKEEP_EVERY == 0


def schedule(seed: int, desks: int, steps: int, *, upkeep: bool = False) -> list[Event]:
    """The events of a seed, ``steps`` of them; the same seed always makes the same.

    ``upkeep``: as in every seed of :func:`has_upkeep`.
    """
    upkeep = has_upkeep(seed, always=upkeep)
    rng = random.Random(seed)
    known = FAULTS if upkeep else {name: FAULTS[name] for name in FAULTS if name not in UPKEEP}
    drawn = {name: weight for name, weight in known.items() if rng.random() < RARE.get(name, 0.6)}
    # What breaks can always be mended; a seed without the fault has no use for it.
    kinds = {**ALWAYS, **drawn, "mend": FAULTS["mend"], "room": FAULTS["room"]}
    names, weights = list(kinds), list(kinds.values())
    few = rng.random() < 0.3  # many hands on few cases: more disagreements
    return [
        Event(
            place=place,
            kind=rng.choices(names, weights)[0],
            desk=rng.randrange(min(2, desks)) if few and rng.random() < 0.7 else rng.randrange(desks),
            chance=rng.getrandbits(48),
            wait_ms=rng.randrange(1000, 10 * MINUTE_MS),
        )
        for place in range(1, steps + 1)
    ]


def _act(world: World, event: Event, rng: random.Random) -> None:
    desk = world.desks[event.desk]
    try:
        for done in world.clerk.act(desk, rng):
            desk.done.append(replace(done, true_ms=world.time.now_ms))
            if abs(desk.skew_ms) >= YEAR_MS:
                world.count("act under a clock years wrong")
            world.say(f"{desk.name}{done.words}")
    except KnownError as error:
        world.say(f"{desk.name}没有办成：{error}")


def _sync(world: World, event: Event, rng: random.Random) -> None:
    desk = world.desks[event.desk]
    report = world.sync(desk, rng)
    trouble = f"，{report.problems[0]}" if report.problems else ""
    world.say(f"{desk.name}对账：传出{report.pushed}，收到{report.pulled}，待传{report.pending}{trouble}")


def _cut(world: World, event: Event, rng: random.Random) -> None:
    world.desks[event.desk].line.up = False
    world.say(f"{world.desks[event.desk].name}断网")


def _deaf(world: World, event: Event, rng: random.Random) -> None:
    world.desks[event.desk].line.deaf = True
    world.say(f"{world.desks[event.desk].name}的线路只出不进")


def _flaky(world: World, event: Event, rng: random.Random) -> None:
    line = world.desks[event.desk].line
    line.loss, line.lost_answers = rng.random() * 0.3, rng.random() * 0.4
    line.doubles, line.mangles = rng.random() * 0.5, rng.random() * 0.2
    world.say(f"{world.desks[event.desk].name}的线路时断时续，有重复和残缺")


def _mend(world: World, event: Event, rng: random.Random) -> None:
    world.desks[event.desk].line.heal()
    world.say(f"{world.desks[event.desk].name}的线路修好")


def _power(world: World, event: Event, rng: random.Random) -> None:
    world.desks[event.desk].disk.crash_at(rng.randrange(1, 8), after=rng.random() < 0.5)


def _hub_power(world: World, event: Event, rng: random.Random) -> None:
    world.hub_disk.crash_at(rng.randrange(1, 8), after=rng.random() < 0.5)


def _full(world: World, event: Event, rng: random.Random) -> None:
    world.desks[event.desk].disk.full = True
    world.say(f"{world.desks[event.desk].name}磁盘写满")


def _hub_full(world: World, event: Event, rng: random.Random) -> None:
    world.hub_disk.full = True
    world.say("中心磁盘写满")


def _room(world: World, event: Event, rng: random.Random) -> None:
    world.desks[event.desk].disk.full = world.hub_disk.full = False
    world.say(f"{world.desks[event.desk].name}和中心腾出磁盘空间")


def _restart(world: World, event: Event, rng: random.Random) -> None:
    world.desks[event.desk].start()
    world.say(f"{world.desks[event.desk].name}重新开机")


def _again(world: World, event: Event, rng: random.Random) -> None:
    """A request that the line kept arrives once more, whenever."""
    sent = world.desks[event.desk].line.sent
    if sent:
        one = rng.choice(sent)
        world.deliver(one)
        world.count("request again, later")
        world.say(f"{world.desks[event.desk].name}早先的请求 {one.path} 又到了一次")


def _pause(world: World, event: Event, rng: random.Random) -> None:
    world.time.pass_ms(rng.randrange(HOUR_MS, 3 * DAY_MS))


def _month(world: World, event: Event, rng: random.Random) -> None:
    world.time.pass_ms(rng.randrange(20 * DAY_MS, 35 * DAY_MS))
    world.say("过了一个月")


def _skew(world: World, event: Event, rng: random.Random) -> None:
    desk = world.desks[event.desk]
    years = rng.choice((-10, -1, 1, 10))
    desk.skew_ms = rng.choice((0, rng.randrange(-2 * DAY_MS, 2 * DAY_MS), years * YEAR_MS))
    if rng.random() < 0.5:
        desk.start()
    elif isinstance(desk.clock, DeskClock):
        desk.clock.skew_ms = desk.skew_ms
    world.say(f"{desk.name}的时钟偏了 {desk.skew_ms // HOUR_MS} 小时")


def _publish(world: World, event: Event, rng: random.Random) -> None:
    """A new version: limits and standards change, materials come and go."""
    catalog = current_catalog(world.hub)
    assert catalog is not None  # the scenery has one
    items = tuple(_changed(item, rng) for item in catalog.items)
    try:
        version = publish_catalog(world.hub, catalog.departments, items, bundles=catalog.bundles)
    except KnownError:
        return  # its disk is full
    world.count("catalogue published")
    world.say(f"中心发布目录 {version}")


def _changed(item: Item, rng: random.Random) -> Item:
    if rng.random() < 0.5:
        return item
    legal = msgspec.structs.replace(item.legal, days=rng.randrange(5, 30))
    materials = item.materials[:-1] if len(item.materials) > 2 and rng.random() < 0.3 else item.materials
    return msgspec.structs.replace(item, legal=legal, materials=materials)


def _backup(world: World, event: Event, rng: random.Random) -> None:
    world.backups.append(world.backup())
    world.say("中心备份")


def _restore(world: World, event: Event, rng: random.Random) -> None:
    # Desks keep what the hub has acknowledged for 90 days: no older backup brings a hub back.
    young = [one for one in world.backups if world.time.now_ms - one.at_ms < KEEP_DAYS * DAY_MS]
    if not young:
        return
    backup = rng.choice(young)
    world.hub_disk.put_back(backup.disk)
    world.folded = backup.folded
    world.hub_disk.full = False
    world.start_hub()
    with world.hub.write() as conn:
        world.restores.times.append(world.time.now_ms)
        start_epoch(conn, world.time.now_ms, world.restores, world.closed.all())
    world.lost = world.unchecked = True  # the backup may know of files that the store has lost since
    for desk in world.desks:  # the administrator does again what the backup doesn't know
        desk.code, desk.closed_ms = "", 0
        if desk.hall:
            give_window(world, desk, desk.hall)
    world.backups.append(world.backup())
    world.count("hub restored")
    world.say("中心从备份恢复")


def _image(world: World, event: Event, rng: random.Random) -> None:
    desk = world.desks[event.desk]
    desk.images.append(desk.image())


def _roll_back(world: World, event: Event, rng: random.Random) -> None:
    desk = world.desks[event.desk]
    if not desk.images or desk.name in world.busy:
        return
    desk.put_back(rng.choice(desk.images))
    world.count("desk rolled back")
    world.say(f"{desk.name}被人用旧备份覆盖")


def _revoke(world: World, event: Event, rng: random.Random) -> None:
    desk = world.desks[event.desk]
    if not desk.revoked:
        try:
            people.revoke(world.hub, desk.facts.device)
        except KnownError:
            return  # its disk is full
        desk.revoked = True
        desk.revoked_ms = world.time.now_ms
        world.count("desk revoked")
        world.say(f"{desk.name}被撤销登记")


def _stick_out(world: World, event: Event, rng: random.Random) -> None:
    desk = world.desks[event.desk]
    try:
        data, count = world.courier(desk, rng.choice(PIECES)).export()
    except KnownError:
        return  # its disk is full
    world.sticks.append(data)
    world.say(f"{desk.name}导出摆渡包，{count}步")


def _stick_in(world: World, event: Event, rng: random.Random) -> None:
    """Any stick that was ever written may reach the hub, also again, also torn."""
    if not world.sticks:
        return
    data = _perhaps_torn(rng.choice(world.sticks), rng)
    try:
        taken, back = take_in(world.hub, data)
    except KnownError as error:
        world.say(f"中心没有收摆渡包：{error}")
        _count_refusal(world, str(error))
        return
    world.sticks_back.append((taken.device, back))
    world.count("stick in")
    world.say(f"中心导入摆渡包，{taken.ops}步")


def _stick_back(world: World, event: Event, rng: random.Random) -> None:
    """Any return bundle may come to any desk, in any order."""
    if not world.sticks_back:
        return
    device, data = rng.choice(world.sticks_back)
    desk = next(d for d in world.desks if device in (d.facts.device, *d.formers))
    if rng.random() < 0.1:
        desk = world.desks[event.desk]
    if desk.name in world.busy:
        return
    try:
        report = world.courier(desk).take_in(_perhaps_torn(data, rng))
    except KnownError as error:
        world.say(f"{desk.name}没有收摆渡包：{error}")
        _count_refusal(world, str(error))
        return
    world.after_round(desk)
    world.count("stick back")
    world.say(f"{desk.name}导入摆渡包：收到{report.pulled}，待传{report.pending}")


def _lost_files(world: World, event: Event, rng: random.Random) -> None:
    """The store behind the hub loses or spoils some files; the administrator has it checked."""
    names = world.blobs.names()
    for name in rng.sample(names, min(3, len(names))):
        if rng.random() < 0.5:
            world.blobs.remove(name)
        else:
            world.blobs.put(name, b"spoilt")
    world.unchecked = world.lost = True
    try:
        found = scrub(world.hub, repair=True)
    except KnownError:
        return  # its disk is full: the administrator does it again when there is room
    world.unchecked = False
    if found.broken:
        world.count("stored file lost")
    world.say(f"中心的附件库坏了{len(found.broken)}份，已请工作站重传")


def _count_refusal(world: World, words: str) -> None:
    """Which of the ways a stick can be wrong this one was."""
    for part, fault in REFUSALS.items():
        if part in words:
            world.count(f"stick refused: {fault}")


def _perhaps_torn(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))] if rng.random() < 0.05 else data


HANDLERS: Mapping[str, Handler] = {
    **UPKEEP,
    "act": _act,
    "sync": _sync,
    "cut": _cut,
    "deaf": _deaf,
    "flaky": _flaky,
    "mend": _mend,
    "power": _power,
    "hub_power": _hub_power,
    "full": _full,
    "hub_full": _hub_full,
    "room": _room,
    "restart": _restart,
    "again": _again,
    "pause": _pause,
    "month": _month,
    "skew": _skew,
    "publish": _publish,
    "backup": _backup,
    "restore": _restore,
    "image": _image,
    "roll_back": _roll_back,
    "revoke": _revoke,
    "stick_out": _stick_out,
    "stick_in": _stick_in,
    "stick_back": _stick_back,
    "lost_files": _lost_files,
}
