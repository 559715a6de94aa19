"""A real desk and a real hub over a bad line: after every schedule has healed, all is as it should be."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.sample import filled, pick
from sync.engine import SyncEngine, SyncReport
from tests.boundary.compare import Tally, compare, hub_faults
from tests.boundary.hall import Hall, open_desk, settle
from tests.desk_kit import everyday_items
from tests.proxy import Fault, Proxy

CASES = 6
TRIES = 4
PORTAL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 29\r\nConnection: close\r\n\r\n"
    b"<html>please sign in</html>\r\n"
)


def schedules(rounds: int, rng: random.Random) -> Iterator[tuple[str, list[Fault]]]:
    """(name, a fault for each try).  Cuts fall anywhere in a round, which is some 2 to 3 kB each way."""
    for _ in range(rounds):
        yield "cut on the way up", [Fault(cut_up=rng.randrange(1, 3500)) for _ in range(TRIES)]
        yield "cut on the way down", [Fault(cut_down=rng.randrange(1, 2500)) for _ in range(TRIES)]
        yield (
            "cut in the answer to the push",
            [Fault(cut_down=rng.randrange(600, 1600)) for _ in range(TRIES)],
        )
        yield "requests lost", [Fault(lose_up=True)]
        yield "answers lost", [Fault(lose_down=True)]
        yield "reset on connecting", [Fault(reset=True), Fault(reset=True)]
        yield "a portal answers", [Fault(garbage=PORTAL)]
        yield "noise answers", [Fault(garbage=rng.randbytes(200))]
        yield "late and stalling", [Fault(delay_s=0.01, stall=0.1, stall_s=0.05)]
        for kbit in (64, 128, 256):
            yield f"{kbit} kbit/s, 10 % stalls", [Fault(kbit=kbit, stall=0.1)]
        yield "refused", []


def bad_lines(folder: Path, rounds: int, seed: int, tell: Callable[[str], None]) -> tuple[Tally, list[str]]:
    """Run all schedules ``rounds`` times; the tally and a table of what each did."""
    rng = random.Random(seed)
    tally = Tally()
    table = [f"{'schedule':<32}{'tries':>6}{'failed':>8}{'ops':>6}{'kB':>8}"]
    with Hall(folder / "hub") as hall, Proxy(hall.port, seed) as proxy:
        desk = open_desk(hall.enrol(folder / "desk0", 0), 0)
        other = open_desk(hall.enrol(folder / "desk1", 1), 1)
        try:
            for name, faults in schedules(rounds, rng):
                _take_in(desk, rng)
                table.append(_one(tally, desk, other, hall, proxy, name, faults))
                tell(table[-1])
            with hall.opened() as hub:
                compare(tally, desk, hub)
                tally.add(hub_faults(hub), "hub")
            for one in (desk, other):
                tally.verify(one, (), one.device.device)
        finally:
            desk.store.close()
            other.store.close()
    return tally, table


def _one(
    tally: Tally, desk: Desk, other: Desk, hall: Hall, proxy: Proxy, name: str, faults: list[Fault]
) -> str:
    before = proxy.bytes_up + proxy.bytes_down
    failed = 0
    proxy.script(faults)
    if not faults:
        proxy.refuse()
    tries = max(1, len(faults))
    for _ in range(tries):
        failed += bool(through(desk, proxy).problems)
    proxy.heal()
    if not faults:
        proxy.listen()
    healed = through(desk, proxy)
    tally.add(healed.problems, f"{name}, healed")
    if healed.pending:
        tally.faults.append(f"{name}: {healed.pending} ops still wait")
    proxy.script(faults)
    for _ in faults:
        through(other, proxy)
    proxy.heal()
    tally.add(settle(other), f"{name}, the other desk")
    with hall.opened() as hub:
        each = Tally()
        compare(each, desk, hub)
        compare(each, other, hub)
    tally.lost = max(tally.lost, each.lost)
    tally.doubled = max(tally.doubled, each.doubled)
    tally.add(each.faults, name)
    size = (proxy.bytes_up + proxy.bytes_down - before) / 1000
    return f"{name:<32}{tries:>6}{failed:>8}{each.ops:>6}{size:>8.1f}"


def through(desk: Desk, proxy: Proxy) -> SyncReport:
    """One round of the desk over the proxy's line."""
    device = msgspec.structs.replace(desk.device, hub_url=proxy.url)
    return SyncEngine(desk.store, device, desk.device_key, desk.rulebook, desk.clock).run()


def _take_in(desk: Desk, rng: random.Random) -> None:
    for item in pick(everyday_items(), rng, CASES):
        changes = intake_line(desk, filled(item, rng))
    intake.add_note(desk, Entry(case_id=changes.case_id, item_id=item.id, fields={}), "已电话告知（样例）")
