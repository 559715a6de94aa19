"""A simulated city hall: one hub, its desks, their lines, disks and clocks, and what happens to them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from models.clock import Clock
from models.device import DeviceFacts, get_meta
from models.rulebook import Rulebook
from models.store import Store
from models.vault import Vault
from sync.attachments import Files
from sync.bundle import bundle_key
from sync.client import Transport
from sync.courier import Courier
from sync.engine import SyncEngine, SyncReport
from sync.hub import people
from sync.hub.api import Api
from sync.hub.database import Hub
from sync.hub.files import scrub
from sync.hub.keys import HubKeys
from sync.sim.chance import HashSigning
from sync.sim.clock import DeskClock, SimTime
from sync.sim.disk import Crash, Disk, SimBlobs, SimDatabase, SimStore, SimVault
from sync.sim.network import Line, Sent, SimTransport, answer

HUB = "中心"
SMALLEST_BLOCK = 8  # so that desks run out of numbers now and then


@dataclass(frozen=True)
class Done:
    """An act that a clerk was told is done: what must never be lost, and what was printed."""

    op_id: str
    case_id: str
    kind: str
    number: str
    words: str
    true_ms: int = 0


class Machine(Protocol):
    """What a clerk at a simulated desk works with."""

    store: Store
    facts: DeviceFacts
    clock: Clock
    rulebook: Rulebook
    key: bytes
    vault: Vault


class Clerk(Protocol):
    """The window's own acts, which live above this package."""

    def act(self, desk: Machine, rng: random.Random) -> list[Done]:
        """Do something a clerk might do now.  Raises KnownError when the program objects."""

    def after_round(self, desk: Machine) -> list[Done]:
        """What the program does by itself once a round has gone through."""

    def verify(self, desk: Machine) -> list[str]:
        """The replica checked against itself: sentences, none when it is sound."""

    def differs(self, desk: Machine, case_id: str) -> bool:
        """Whether the desk shows a case otherwise than the hub has confirmed it."""


@dataclass
class SimDesk:
    """One machine at a window.  What is not on ``disk`` is gone after a crash."""

    name: str
    facts: DeviceFacts
    key: bytes
    disk: Disk
    time: SimTime
    line: Line = field(default_factory=Line)
    skew_ms: int = 0
    done: list[Done] = field(default_factory=list)
    images: list[tuple[bytes, list[Done]]] = field(default_factory=list)  # copies of the disk, what was done
    rolled_back: bool = False
    revoked: bool = False
    revoked_ms: int = 0
    vault: Vault = field(init=False)
    store: Store = field(init=False)
    clock: Clock = field(init=False)
    rulebook: Rulebook = field(init=False)

    def __post_init__(self) -> None:
        self.vault = SimVault(self.disk)
        self.start()

    def start(self) -> None:
        """Switch the machine on and start the program."""
        self.disk.power_off()
        self.store = SimStore(self.disk)
        self.rulebook = Rulebook()
        with self.store.read() as conn:
            anchor = int(get_meta(conn, "anchor_ms") or b"0")
            self.rulebook.adopt_calendar(conn)
        self.clock = DeskClock(self.time, self.skew_ms, anchor)


@dataclass(frozen=True)
class Event:
    """One thing that happens.  Its own chance makes it the same when others are left out."""

    place: int
    kind: str
    desk: int
    chance: int
    wait_ms: int


@dataclass(frozen=True)
class Scenery:
    """How the world looks before anything happens: made once, copied for every seed."""

    keys: HubKeys
    hub_image: bytes
    desks: tuple[tuple[str, DeviceFacts, bytes, bytes], ...]
    signing: HashSigning
    folder: Path
    data_key: bytes  # of every desk: nobody steals one here


Handler = Callable[["World", Event, random.Random], None]


class World:
    """Runs one schedule of events.  ``tell`` collects what happened, in words."""

    def __init__(
        self, scenery: Scenery, clerk: Clerk, handlers: Mapping[str, Handler], *, quick: bool = False
    ) -> None:
        self.time = SimTime()
        self.clerk = clerk
        self.keys = scenery.keys
        self.scenery = scenery
        self._handlers = handlers
        self.hub_disk = Disk(HUB, scenery.hub_image, quick=quick)
        self.blobs = SimBlobs()
        self.backups: list[bytes] = []
        self.restores = 0
        self.unchecked = False  # files were lost, and checking them did not go through
        self.sticks: list[bytes] = []
        self.sticks_back: list[tuple[str, bytes]] = []
        self.tell: list[str] = []
        self.step = 0
        self.desks = [
            SimDesk(name, facts, key, Disk(name, image, quick=quick), self.time)
            for name, facts, key, image in scenery.desks
        ]
        self.hub: Hub
        self.api: Api
        self.start_hub()
        self.pending: list[Event] = []
        self.busy: set[str] = set()

    def start_hub(self) -> None:
        """Start the hub's program over its disk."""
        self.hub_disk.power_off()
        self.hub = Hub(self.scenery.folder, SimDatabase(self.hub_disk), self.keys, self._hub_time, self.blobs)
        self.hub.smallest_block = SMALLEST_BLOCK
        self.api = Api(self.hub)

    def _hub_time(self) -> int:
        return self.time.now_ms

    def say(self, text: str) -> None:
        self.tell.append(f"第{self.step}步 {text}")

    def run(self, events: Sequence[Event]) -> None:
        """Let all of it happen.  Expected errors of the program are part of life; others escape."""
        self.pending = list(reversed(events))
        while self.pending:
            self.happen(self.pending.pop())

    def happen(self, event: Event) -> None:
        self.step = event.place
        self.time.pass_ms(event.wait_ms)
        rng = random.Random(event.chance)
        try:
            self._handlers[event.kind](self, event, rng)
        except Crash as crash:
            self.power_failure(crash)

    def power_failure(self, crash: Crash) -> None:
        self.say(f"{crash.machine}断电后重新启动")
        if crash.machine == HUB:
            self.start_hub()
            return
        if crash.machine in self.busy:
            raise crash  # the round of this desk under way dies with it
        desk = next(d for d in self.desks if d.name == crash.machine)
        desk.start()

    def deliver(self, sent: Sent) -> tuple[int, str, bytes]:
        """One request reaches the hub; a hub that loses power answers nothing."""
        try:
            return answer(self.api, sent)
        except Crash as crash:
            if crash.machine != HUB:
                raise
            self.power_failure(crash)
            return 502, "text/plain", b""

    def sync(self, desk: SimDesk, rng: random.Random) -> SyncReport:
        """One round of the real engine over this desk's line."""
        interleaves = rng.random() < 0.4

        def meanwhile() -> None:
            # Clerks go on while a round is under way, at this desk too.
            if interleaves and self.pending and rng.random() < 0.3:
                following = self.pending[-1]
                same_round = following.kind == "sync" and self.desks[following.desk].name in self.busy
                if following.kind in ("act", "sync") and not same_round and len(self.busy) < 3:
                    self.happen(self.pending.pop())

        def line() -> Transport:
            return SimTransport(desk.line, rng, self.deliver, meanwhile)

        engine = SyncEngine(desk.store, desk.facts, desk.key, desk.rulebook, desk.clock, transport=line)
        files = Files(
            desk.store, desk.vault, desk.facts, desk.key, desk.clock, transport=line, ticks=lambda: 0.0
        )
        self.busy.add(desk.name)
        try:
            report = engine.run()
            if report.online:
                self.after_round(desk)
                files.send()
            return report
        except Crash as crash:
            self.busy.discard(desk.name)
            if crash.machine != desk.name:
                raise
            self.power_failure(crash)
            return SyncReport(problems=["断电"])
        finally:
            self.busy.discard(desk.name)

    def close(self) -> None:
        """Let go of every disk."""
        for disk in (self.hub_disk, *(desk.disk for desk in self.desks)):
            disk.close()

    def courier(self, desk: SimDesk) -> Courier:
        """Who writes and reads this desk's bundles."""
        key = bundle_key(self.scenery.data_key, desk.facts.device)
        return Courier(desk.store, desk.facts, desk.key, desk.rulebook, desk.clock, key, desk.vault)

    def know_the_revoked(self) -> None:
        """The hub may have lost power just after it had revoked a desk, or have forgotten it since."""
        status = {line.device: line.status for line in people.list_devices(self.hub)}
        for desk in self.desks:
            if status[desk.facts.device] == "revoked" and not desk.revoked:
                desk.revoked, desk.revoked_ms = True, self.time.now_ms

    def after_round(self, desk: SimDesk) -> None:
        """The program's own acts, which nobody waits for."""
        desk.done += [replace(done, true_ms=self.time.now_ms) for done in self.clerk.after_round(desk)]

    def heal(self, rounds: int = 8) -> int:
        """Everything works again; returns how many rounds it took until nothing waits, 0 for never."""
        self.hub_disk.disarm()
        self.hub_disk.full = False
        self.know_the_revoked()
        if self.unchecked:
            scrub(self.hub, repair=True)
        for desk in self.desks:
            desk.disk.disarm()
            desk.disk.full = False
            desk.line.heal()
            desk.line.sent.clear()
        for number in range(1, rounds + 1):
            reports = []
            for desk in self.desks:
                self.time.pass_ms(60_000)
                had = len(desk.done)
                report = self.sync(desk, random.Random(number))
                # What was made or sent only now, the desks before this one have not heard of; a disk put
                # back to where the hub stands is let in, too.
                news = len(desk.done) > had or report.pushed > 0
                reports.append((desk, report, news))
            waiting = [
                d.name
                for d, r, news in reports
                if news or (not d.revoked and not d.rolled_back and (r.pending or r.problems))
            ]
            last = [(d.name, r.pending, r.problems) for d, r, _ in reports if d.name in waiting]
            if not waiting and number > 1:
                return number
        self.say(f"恢复后仍有待传：{last}")
        return 0
