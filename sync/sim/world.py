"""A simulated city hall: one hub, its desks, their lines, disks and clocks, and what happens to them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Row

from models.clock import Clock
from models.device import ESCROW_NEXT, DeviceFacts, get_meta, known_facts
from models.rulebook import Rulebook
from models.store import Store
from models.vault import Vault
from sync.attachments import Files, sweep
from sync.bundle import BUNDLE_BEFORE, bundle_key
from sync.client import HubClient, Transport
from sync.courier import Courier
from sync.engine import SyncEngine, SyncReport
from sync.hub import people
from sync.hub.api import Api
from sync.hub.database import Hub
from sync.hub.files import scrub
from sync.hub.keys import HubKeys
from sync.hub.numbers import Restores
from sync.protocol import MAX_BATCH_OPS
from sync.sim.chance import HashSigning
from sync.sim.clock import DeskClock, SimTime
from sync.sim.disk import HUB as HUB
from sync.sim.disk import Crash, Disk, Meter, SimBlobs, SimClosed, SimDatabase, SimGranted, SimStore, SimVault
from sync.sim.network import Line, Sent, SimTransport, answer
from sync.sim.records import Backup as Backup
from sync.sim.records import Done as Done
from sync.sim.records import Event as Event
from sync.sim.records import Image

SMALLEST_BLOCK = 8  # so that desks run out of numbers now and then
PIECES = (2, 5, 500, 500)  # ops, entries or cases in a message: a round of few acts has several pages, too
FEWEST = 3  # so that desks drop old ops of their few
# What may happen while a round is under way; of these, what a desk in a round cannot begin.
MIDST = frozenset(
    {"act", "sync", "publish", "revoke", "move", "fold", "release", "rekey", "backup", "restore"}
)
WORK = frozenset({"act", "sync"})
MONTH_MS = 30 * 24 * 3600 * 1000
ONE_AT_A_TIME = frozenset({"sync", "rekey"})


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

    def recover(
        self, desk: Machine, data_key: bytes, code: str, client: HubClient, make: Callable[[], Store]
    ) -> tuple[DeviceFacts, bytes]:
        """``desk recover`` into the store that ``make`` gives: who the machine is from now on, its key."""

    def rekey(self, desk: Machine, old: bytes, fresh: bytes) -> None:
        """What ``desk rekey`` writes.  Raises KnownError while the last one is not told yet."""


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
    data_key: bytes = b""
    done: list[Done] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    rolled_back: bool = False
    revoked: bool = False
    revoked_ms: int = 0
    level_ms: int = 0  # when it last reached the hub
    left: set[str] = field(default_factory=set)  # halls it was moved from
    hall: str = ""  # where the administrator last put it
    closed_ms: int = 0  # when its present identity was closed, if it was
    code: str = ""  # to recover with, once the administrator has released it
    formers: dict[str, int] = field(default_factory=dict)  # its earlier names, and when each was closed
    next_key: bytes = b""  # of a rekey that may have been cut
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
            # As app.commands.sign_in does: the replica knows best who and where this machine is.
            self.facts = known_facts(conn) or self.facts
            self.key = get_meta(conn, "device_key") or self.key
            if self.next_key and get_meta(conn, ESCROW_NEXT) == self.next_key:
                self.data_key = self.next_key
        self.next_key = b""
        self.clock = DeskClock(self.time, self.skew_ms, anchor)

    def image(self) -> Image:
        """A copy of the machine as it stands."""
        return Image(
            self.disk.image(), self.facts, self.key, self.data_key, dict(self.formers), list(self.done)
        )

    def put_back(self, image: Image) -> None:
        """Somebody puts an old copy in the machine's place."""
        self.disk.put_back(image.disk)
        self.facts, self.key, self.data_key = image.facts, image.key, image.data_key
        self.done, self.formers = list(image.done), dict(image.formers)
        self.rolled_back, self.next_key = True, b""
        self.start()


@dataclass(frozen=True)
class Scenery:
    """How the world looks before anything happens: made once, copied for every seed."""

    keys: HubKeys
    hub_image: bytes
    blank: bytes  # a replica in which nothing is written yet
    desks: tuple[tuple[str, DeviceFacts, bytes, bytes], ...]
    signing: HashSigning
    folder: Path
    data_key: bytes  # of every desk: nobody steals one here
    upkeep: bool = False  # whether administrators have their hands in every seed


Handler = Callable[["World", Event, random.Random], None]


class World:
    """Runs one schedule of events.  ``tell`` collects what happened, in words."""

    def __init__(
        self,
        scenery: Scenery,
        clerk: Clerk,
        handlers: Mapping[str, Handler],
        *,
        quick: bool = False,
        upkeep: bool = False,
    ) -> None:
        self._midst = MIDST if upkeep else WORK
        self.time = SimTime()
        self.clerk = clerk
        self.keys = scenery.keys
        self.scenery = scenery
        self._handlers = handlers
        self.hub_disk = Disk(HUB, scenery.hub_image, quick=quick)
        self.quick = quick
        self.blobs = SimBlobs()
        self.closed = SimClosed()
        self.granted = SimGranted()
        self.backups: list[Backup] = []
        self.folded: dict[tuple[str, int], Row[Any]] = {}  # what the feed has had, for the invariants
        self.restores = Restores()
        self.lost = False  # the store of files has lost some, or the hub was restored
        self.unchecked = False  # files were lost, and checking them did not go through
        self.sticks: list[bytes] = []
        self.sticks_back: list[tuple[str, bytes]] = []
        self.tell: list[str] = []
        self.happened: set[str] = set()
        self.step = 0
        self.meter = Meter()
        self.hub_disk.meter = self.meter
        self.desks = [
            SimDesk(name, facts, key, Disk(name, image, quick=quick, meter=self.meter), self.time)
            for name, facts, key, image in scenery.desks
        ]
        for desk in self.desks:
            desk.data_key = scenery.data_key
            desk.line.effects = self.meter.effects
        self.hub: Hub
        self.api: Api
        self.start_hub()
        self.pending: list[Event] = []
        self.busy: set[str] = set()

    def start_hub(self) -> None:
        """Start the hub's program over its disk."""
        self.hub_disk.power_off()
        self.hub = Hub(
            self.scenery.folder,
            SimDatabase(self.hub_disk),
            self.keys,
            self._hub_time,
            self.blobs,
            self.closed,
            self.granted,
        )
        self.hub.smallest_block = SMALLEST_BLOCK
        self.api = Api(self.hub)

    def _hub_time(self) -> int:
        return self.time.now_ms

    def say(self, text: str) -> None:
        self.tell.append(f"第{self.step}步 {text}")

    def count(self, fault: str) -> None:
        """A fault took effect."""
        self.meter.effects[fault] += 1

    def run(self, events: Sequence[Event]) -> None:
        """Let all of it happen.  Expected errors of the program are part of life; others escape."""
        self.pending = list(reversed(events))
        while self.pending:
            self.happen(self.pending.pop())

    def happen(self, event: Event) -> None:
        self.step = event.place
        self.happened.add(event.kind)
        if not self.busy:
            self.meter.reset()
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
            # Clerks go on while a round is under way, at this desk too; so does the administrator.
            if interleaves and self.pending and rng.random() < 0.3:
                following = self.pending[-1]
                alone = following.kind in ONE_AT_A_TIME and self.desks[following.desk].name in self.busy
                if following.kind in self._midst and not alone and len(self.busy) < 3:
                    self.count(f"in a round: {following.kind}")
                    self.happen(self.pending.pop())

        def line() -> Transport:
            return SimTransport(desk.line, rng, self.deliver, meanwhile)

        engine = SyncEngine(
            desk.store,
            desk.facts,
            desk.key,
            desk.rulebook,
            desk.clock,
            transport=line,
            fewest=FEWEST,
            most=rng.choice(PIECES),
        )
        files = Files(
            desk.store, desk.vault, desk.facts, desk.key, desk.clock, transport=line, ticks=lambda: 0.0
        )
        self.busy.add(desk.name)
        try:
            report = engine.run()
            if report.purged:
                sweep(desk.store, desk.vault, 0.0)
            if report.online:
                if 0 < desk.level_ms < self.time.now_ms - MONTH_MS:
                    self.count("30 days offline")
                desk.level_ms = self.time.now_ms
                self.after_round(desk)
                files.send()
        except Crash as crash:
            self.busy.discard(desk.name)
            if crash.machine != desk.name:
                raise
            self.power_failure(crash)
            return SyncReport(problems=["断电"])
        finally:
            self.busy.discard(desk.name)
        if report.moved and not self.busy:
            desk.start()  # the clerk signs in anew, in the other hall
        return report

    def close(self) -> None:
        """Let go of every disk."""
        for disk in (self.hub_disk, *(desk.disk for desk in self.desks)):
            disk.close()

    def courier(self, desk: SimDesk, most: int = MAX_BATCH_OPS) -> Courier:
        """Who writes and reads this desk's bundles, ``most`` ops in a batch."""
        with desk.store.read() as conn:
            key = get_meta(conn, BUNDLE_BEFORE) or bundle_key(desk.data_key, desk.facts.device)
        return Courier(
            desk.store, desk.facts, desk.key, desk.rulebook, desk.clock, key, desk.vault, most=most
        )

    def know_the_revoked(self) -> None:
        """The hub may have lost power just after it had revoked a desk, or have forgotten it since."""
        revoked = {line.device for line in people.list_devices(self.hub) if line.status == "revoked"}
        for desk in self.desks:
            if desk.facts.device in revoked and not desk.revoked:
                desk.revoked, desk.revoked_ms = True, self.time.now_ms

    def after_round(self, desk: SimDesk) -> None:
        """The program's own acts, which nobody waits for."""
        desk.done += [replace(done, true_ms=self.time.now_ms) for done in self.clerk.after_round(desk)]

    def backup(self) -> Backup:
        """What the administrator has at hand if the hub's disk breaks."""
        return Backup(self.time.now_ms, self.hub_disk.image(), self.folded)

    def mend(self) -> None:
        """Everything works again: lines, disks, the store of files."""
        self.meter.reset()
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

    def heal(self, rounds: int = 8) -> int:
        """Reconcile in turn; returns how many rounds it took until nothing waits, 0 for never."""
        for number in range(1, rounds + 1):
            reports = []
            for desk in self.desks:
                self.meter.reset()
                self.time.pass_ms(60_000)
                had = len(desk.done)
                report = self.sync(desk, random.Random(number))
                # What was made or sent only now, the desks before this one have not heard of; a disk put
                # back to where the hub stands is let in, too.
                news = len(desk.done) > had or report.pushed > 0 or report.moved
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
